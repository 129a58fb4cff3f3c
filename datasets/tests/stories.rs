//! The story grammar: what it is like, and that its exact figures are those of its samples.

use std::collections::HashSet;

use burn_recurrent_datasets::{SourceScore, StoryCorpus, sample_rng, stories};

#[test]
fn the_grammar_has_the_size_a_small_model_can_learn() {
    let grammar = stories();
    assert!((350..=700).contains(&grammar.tokens().len()));
    assert!((15.0..=50.0).contains(&grammar.expected_length()));
    assert!((4.0..=9.0).contains(&grammar.perplexity()));
    // No word so rare that a corpus of 20,000 stories would hardly show it.
    let rarest = grammar.expected_counts().into_iter().fold(1.0, f64::min);
    assert!(rarest * 20_000.0 > 50.0, "{rarest}");
}

#[test]
fn a_story_has_one_derivation() {
    let mut rng = sample_rng(1, 0);
    for _ in 0..2_000 {
        let story = stories().sample(&mut rng);
        let inside = stories().log_probability(&story.tokens);
        assert!(
            (inside - story.log_probability).abs() < 1e-9,
            "{} has several derivations",
            story.text()
        );
    }
}

#[test]
fn entropy_and_length_are_those_of_the_samples() {
    let n = 20_000;
    let mut rng = sample_rng(2, 0);
    let (mut surprise, mut length) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let story = stories().sample(&mut rng);
        surprise.push(-story.log_probability);
        length.push(story.tokens.len() as f64);
    }
    for (values, exact) in [
        (surprise, stories().entropy()),
        (length, stories().expected_length()),
    ] {
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        let error = (variance / n as f64).sqrt();
        assert!(
            (mean - exact).abs() < 3.0 * error,
            "{mean} ± {error} is not {exact}"
        );
    }
}

#[test]
fn pronouns_agree_with_the_hero() {
    let male = ["tom", "hugo", "martin"];
    let mut rng = sample_rng(3, 0);
    let mut checked = 0;
    for _ in 0..5_000 {
        let story = stories().sample(&mut rng);
        // A story that begins with a name alone has that person for its hero.
        let [name, next, ..] = story.tokens.as_slice() else {
            continue;
        };
        if male.contains(name) && *next != "and" {
            checked += 1;
            let wrong = ["herself", "themselves"];
            assert!(
                !story.tokens.iter().any(|token| wrong.contains(token)),
                "{}",
                story.text()
            );
        }
    }
    assert!(checked > 100, "{checked}");
    // The same holds in the grammar, not only in samples: one pronoun changed, and the story is
    // impossible.
    let score = |pronoun: &str| {
        let story = format!(
            "tom lived by the river . one rainy evening {pronoun} found a silver key behind the mill . soon the key broke , and he danced gladly ."
        );
        stories().log_probability(&story.split(' ').collect::<Vec<_>>())
    };
    assert!(score("he").is_finite());
    assert_eq!(score("she"), f64::NEG_INFINITY);
}

#[test]
fn no_story_says_a_before_a_vowel() {
    let mut rng = sample_rng(4, 0);
    for _ in 0..5_000 {
        let story = stories().sample(&mut rng);
        for pair in story.tokens.windows(2) {
            let vowel = pair[1].starts_with(['a', 'e', 'i', 'o', 'u']);
            assert!(
                !(pair[0] == "a" && vowel),
                "a {}: {}",
                pair[1],
                story.text()
            );
        }
    }
}

#[test]
fn the_parts_of_a_corpus_are_streams_of_their_own() {
    let small = StoryCorpus::generate(5, 20, 10, 10);
    let large = StoryCorpus::generate(5, 200, 30, 10);
    assert!(large.splits.train.starts_with(&small.splits.train));
    assert!(large.splits.valid.starts_with(&small.splits.valid));
    assert_eq!(large.splits.test, small.splits.test);
    assert_eq!(large.source, small.source);
    let first = |text: &str| text.lines().next().unwrap().to_string();
    let firsts: HashSet<String> = [
        first(&small.splits.train),
        first(&small.splits.valid),
        first(small.splits.test.as_ref().unwrap()),
        first(&StoryCorpus::generate(6, 1, 1, 1).splits.train),
    ]
    .into();
    assert_eq!(firsts.len(), 4);
}

#[test]
fn the_source_score_counts_every_token_and_one_end_a_line() {
    let corpus = StoryCorpus::generate(9, 1, 1, 300);
    let test = corpus.splits.test.as_ref().unwrap();
    let score = corpus.source;
    assert_eq!(score.lines, 300);
    assert_eq!(score.tokens, test.split_whitespace().count());
    let sum: f64 = test
        .lines()
        .map(|line| stories().log_probability(&line.split(' ').collect::<Vec<_>>()))
        .sum();
    assert!((score.log_probability - sum).abs() < 1e-9);
    let per_token = -sum / (score.tokens + 300) as f64;
    assert!((score.perplexity() - per_token.exp()).abs() < 1e-9);
    assert_eq!(SourceScore::new(stories(), test), score);
    // 300 stories come near the exact figure.
    assert!((score.perplexity() / stories().perplexity() - 1.0).abs() < 0.03);
}
