//! `tag --format json`: where tokens and spans stand in the line as it was given.

use crate::common::{Bench, CONFIG};
use serde_json::{Value, json};

/// A tagger that knows the names of two cities in sentences of single characters.
fn trained() -> Bench {
    let bench = Bench::new();
    let beijing = "我 O\n爱 O\n北 B-LOC\n京 I-LOC\n。 O\n\n";
    let tokyo = "東 B-LOC\n京 I-LOC\nに O\n行 O\nく O\n。 O\n\n";
    let new_york = "I O\nlove O\nNew B-LOC\nYork I-LOC\n. O\n\n";
    let text = [beijing, tokyo, new_york].concat();
    for (name, times) in [("train.txt", 25), ("valid.txt", 2), ("test.txt", 2)] {
        bench.write(name, text.repeat(times));
    }
    bench.write("config.toml", CONFIG);
    let ran = bench.train("run", &["--set", "training.epochs=8"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    bench
}

/// The text between two offsets, counted as Python counts.
fn between(line: &str, start: &Value, end: &Value) -> String {
    let [start, end] = [start, end].map(|offset| offset.as_u64().unwrap() as usize);
    line.chars().skip(start).take(end - start).collect()
}

#[test]
fn tokens_and_spans_have_their_places_in_the_line_as_it_was_given() {
    let bench = trained();
    let lines = [
        // A name is as it stands, whatever is between its words.
        "我爱北京。",
        "東京に行く。",
        "I love New York.",
        "  I\tlove  New \t York .",
        "I love New\u{a0}York",
        // Combining marks, emoji of one and of several characters, digits in groups.
        "Caf\u{65}\u{301} cafe\u{301}, I love New York",
        "\u{1f600} I \u{1f469}\u{200d}\u{1f52c} love New York \u{1f1e9}\u{1f1ea}",
        "26\u{a0}000 love New York",
        "\u{2028}I\u{85}love\u{c}New York",
        // Right to left, and Thai, whose words nothing parts.
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} New York",
        "ฉันรัก New York",
        // Marks of direction, vowel marks, conjuncts and a key of two marks: none of them parts words, each is a character.
        "\u{200f}مَرْحَبًا\u{200e} New York",
        "नमस्ते क्षत्रिय New\u{202f}York",
        "1\u{fe0f}\u{20e3} so\u{ad}ft New\u{200b}York \u{2066}New York\u{2069}",
        "",
        " \t ",
    ];
    // Marks and line ends are no part of a line.
    for text in [
        lines.join("\n") + "\n",
        format!("\u{feff}{}", lines.join("\r\n")),
    ] {
        let tagged = bench.tag("run", &text, &["--format", "json"]).json();
        assert_eq!(tagged.len(), lines.len());
        for (line, tagged) in lines.iter().zip(&tagged) {
            let tokens = tagged["tokens"].as_array().unwrap();
            let offsets = tagged["offsets"].as_array().unwrap();
            assert_eq!(tokens.len(), offsets.len(), "{tagged}");
            for (token, place) in tokens.iter().zip(offsets) {
                assert_eq!(between(line, &place[0], &place[1]), token.as_str().unwrap());
            }
            // What no token has is white space.
            let covered = |at: usize| {
                let at = at as u64;
                let mut places = offsets.iter();
                places.any(|p| (p[0].as_u64().unwrap()..p[1].as_u64().unwrap()).contains(&at))
            };
            for (at, character) in line.chars().enumerate() {
                // But for the space within a number.
                if character != '\u{a0}' {
                    assert_eq!(covered(at), !character.is_whitespace(), "{line:?} {at}");
                }
            }
            for span in tagged["spans"].as_array().unwrap() {
                let text = between(line, &span["start"], &span["end"]);
                assert_eq!(span["text"], text.as_str(), "{tagged}");
                let [first, behind] = [&span["tokens"][0], &span["tokens"][1]];
                let [first, behind] = [first, behind].map(|at| at.as_u64().unwrap() as usize);
                assert_eq!(span["start"], offsets[first][0]);
                assert_eq!(span["end"], offsets[behind - 1][1]);
            }
        }
        let spans = |line: usize| &tagged[line]["spans"];
        let span = |tokens: [u32; 2], place: [u32; 2], text: &str| json!([{"label": "LOC", "tokens": tokens, "start": place[0], "end": place[1], "text": text}]);
        assert_eq!(*spans(0), span([2, 4], [2, 4], "北京"));
        assert_eq!(*spans(1), span([0, 2], [0, 2], "東京"));
        assert_eq!(*spans(2), span([2, 4], [7, 15], "New York"));
        assert_eq!(*spans(3), span([2, 4], [10, 20], "New \t York"));
        assert_eq!(*spans(4), span([2, 4], [7, 15], "New\u{a0}York"));
    }
    // A person reads a name as it stands too.
    let shown = bench.tag("run", "我爱北京。\n", &["--format", "terminal"]);
    assert!(shown.stdout.contains("[LOC 北京]"), "{}", shown.stdout);
}

#[test]
fn columns_have_no_line_and_no_offsets() {
    let bench = trained();
    let text = "I\nlove\nNew\nYork\n.\n\n";
    let more = ["--format", "json", "--input", "conll"];
    let line = bench.tag("run", text, &more).json().remove(0);
    assert!(line.get("offsets").is_none(), "{line}");
    assert_eq!(
        line["spans"],
        json!([{"label": "LOC", "tokens": [2, 4], "text": "New York"}])
    );
}
