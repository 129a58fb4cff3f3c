//! `export` and the use of models by name, through the binary.

use crate::common::{Bench, Ran, number, read_json};

/// Runs with the folder `zoo` of the bench as the zoo.
fn with_zoo(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    command.env("BURN_RECURRENT_ZOO", bench.path("zoo"));
    Ran::new(command.output().unwrap())
}

#[test]
fn a_translator_is_exported_and_used_by_name() {
    let bench = Bench::trained(&[]);
    for (numbers, near) in [("f16", 0.5), ("bf16", 3.0)] {
        let to = format!("zoo/{numbers}");
        let exported = bench.run(&["export", "--model", "run", "--to", &to, "--type", numbers]);
        assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        let card = read_json(&bench.path(&to).join("zoo.json"));
        let result = read_json(&bench.path("run/result.json"));
        assert_eq!(card["weights_type"], *numbers);
        assert_eq!(card["main_figure"], "test_bleu");
        for figure in ["test_bleu", "test_chrf"] {
            let (shipped, trained) = (number(&card["figures"], figure), number(&result, figure));
            assert!((shipped - trained).abs() < near, "{shipped}, {trained}");
        }
        let line = &with_zoo(&bench, &["evaluate", "--model", numbers, "--json"]).json()[0];
        assert_eq!(line["test_chrf"], card["figures"]["test_chrf"]);
        let readme = std::fs::read_to_string(bench.path(&to).join("README.md")).unwrap();
        assert!(
            readme.contains("Signature of test bleu: `nrefs:1"),
            "{readme}"
        );
    }
    bench.write("lines.txt", "a b c d\nb c\n");
    let ran = with_zoo(&bench, &["translate", "--model", "f16", "lines.txt"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 2);
    let card = [
        "card",
        "--model",
        "f16",
        "--example",
        "a b c d",
        "--example",
        "b c",
    ];
    assert_eq!(with_zoo(&bench, &card).code, Some(0));
    let card = read_json(&bench.path("zoo/f16/zoo.json"));
    let shown = [0, 1].map(|line| card["examples"][line]["output"].as_str().unwrap());
    assert_eq!(shown.join("\n") + "\n", ran.stdout);
    assert_eq!(with_zoo(&bench, &["models", "--json"]).json().len(), 2);
    with_zoo(&bench, &["translate", "--model", "f8"]).fails(2, &["`f8`", "bf16, f16"]);
}
