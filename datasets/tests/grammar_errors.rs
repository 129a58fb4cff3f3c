//! What is said about a grammar that is not right: the line, the fault, the remedy.

use burn_recurrent_datasets::Grammar;

/// The message about a grammar that must be refused.
fn refused(text: &str) -> String {
    match Grammar::parse("my.grammar", text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn assert_refused(text: &str, line: usize, words: &[&str]) {
    let message = refused(text);
    let place = format!("my.grammar, line {line}: ");
    assert!(message.starts_with(&place), "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

#[test]
fn an_undefined_symbol_is_named_with_its_line() {
    assert_refused(
        "S -> a\n   | b Missing",
        2,
        &["`Missing` is not defined", "Missing -> ..."],
    );
}

#[test]
fn a_wrong_feature_is_answered_with_what_is_defined() {
    let text = "feature n = one many\nS -> A[many] | A[one]\nA[one] -> a";
    assert_refused(text, 2, &["`A[many]` is not defined", "defined are A[one]"]);
    assert_refused("S -> A[two]\nA[one] -> a", 1, &["`two`", "declare it"]);
    assert_refused(
        "feature n = one many\nS -> A[two]\nA[n] -> a",
        2,
        &["`two`", "features are n"],
    );
}

#[test]
fn a_rule_that_nothing_uses_is_refused() {
    assert_refused("S -> a\nT -> b", 2, &["`T`", "use it or remove it"]);
    assert_refused(
        "feature n = one many\nS -> a",
        1,
        &["feature `n` is never used"],
    );
}

#[test]
fn a_weight_must_be_positive() {
    for weight in ["0", "-1", "nan", "inf"] {
        assert_refused(
            &format!("S -> a\n  | {weight} * b"),
            2,
            &[&format!("weight {weight} "), "positive"],
        );
    }
    assert_refused("S -> x * b", 1, &["`x` before `*` is not a number"]);
}

#[test]
fn a_grammar_that_never_ends_is_refused() {
    assert_refused("S -> a | T\nT -> b T", 2, &["`T` never ends"]);
}

#[test]
fn a_grammar_with_infinite_expected_length_is_refused() {
    // Exactly critical, and above.
    assert_refused("S -> S S | a", 1, &["`S`", "lower the weights"]);
    assert_refused(
        "S -> 3 * T T | a\nT -> 2 * S | b",
        1,
        &["`S`, `T`", "infinite"],
    );
    assert!(Grammar::parse("ok", "S -> 0.999 * S S | 1 * a").is_ok());
}

#[test]
fn a_definition_or_an_alternative_given_twice_is_refused() {
    assert_refused("S -> T\nT -> a\nT -> b", 3, &["`T`", "line 2"]);
    assert_refused(
        "feature n = one many\nS -> T[n]\nT[n] -> a\nT[one] -> b",
        4,
        &["`T[one]`", "line 3"],
    );
    assert_refused(
        "S -> a b | c\n  | 2 * a b",
        2,
        &["`a b` twice", "sum of the weights"],
    );
}

#[test]
fn features_are_declared_once_and_the_start_has_none() {
    assert_refused(
        "feature n = one one\nS -> T[n]\nT[n] -> a",
        1,
        &["`one` is declared before"],
    );
    assert_refused(
        "feature n = one many\nS[n] -> a",
        2,
        &["`S` cannot have features"],
    );
}

#[test]
fn text_that_is_not_in_the_format_is_refused_with_a_remedy() {
    assert_refused("", 1, &["there is no rule"]);
    assert_refused("# only a comment", 1, &["there is no rule"]);
    assert_refused("S = a", 1, &["`->` must follow `S`"]);
    assert_refused("S -> a |", 1, &["write `()`"]);
    assert_refused("S -> a\nb c", 2, &["begins with its symbol"]);
    assert_refused("  S -> a", 1, &["start of its line"]);
    assert_refused("S -> \"a", 1, &["closing"]);
    assert_refused("S -> T[n", 1, &["no `]`"]);
    assert_refused("S -> a [ b", 1, &["quote it"]);
    assert_refused("S -> a -> b", 1, &["second `->`"]);
    assert_refused("feature = a\nS -> b", 1, &["declared like"]);
}

#[test]
fn quoted_words_are_tokens_whatever_they_look_like() {
    let grammar = Grammar::parse(
        "test",
        "S -> \"Haus\" \"|\" \"*\" \"()\" \"#\" 7 # a comment",
    );
    let grammar = grammar.unwrap();
    let text = ["Haus", "|", "*", "()", "#", "7"];
    assert_eq!(grammar.log_probability(&text), 0.0);
}

#[test]
fn a_feature_is_one_value_throughout_an_alternative() {
    let text =
        "feature a, b = one two\nS -> X[a] Y[b] X[a]\nX[one] -> x\nX[two] -> z\nY[a] -> X[a]";
    let grammar = Grammar::parse("test", text).unwrap();
    for (text, probability) in [(["x", "x", "x"], 0.25), (["x", "z", "x"], 0.25)] {
        assert_eq!(grammar.log_probability(&text).exp(), probability);
    }
    assert_eq!(grammar.log_probability(&["x", "x", "z"]), f64::NEG_INFINITY);
}

#[test]
fn a_grammar_file_is_named_in_its_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.grammar");
    std::fs::write(&path, "S -> T").unwrap();
    let error = Grammar::from_file(&path).unwrap_err();
    assert_eq!(error.line(), Some(1));
    assert!(error.to_string().contains("wrong.grammar, line 1"));
    let error = Grammar::from_file(folder.path().join("absent")).unwrap_err();
    assert!(error.problem().is_none());
    assert!(error.to_string().contains("there is no such file"));
}
