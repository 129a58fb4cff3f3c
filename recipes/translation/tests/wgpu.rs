//! The recipe on a GPU through wgpu; a software driver will do.

mod common;

use common::{Bench, Ran, number};
use serde_json::Value;

#[test]
fn wgpu_trains_evaluates_and_translates_with_a_tiny_model() {
    let bench = Bench::with_pairs(12);
    let tiny = [
        "train",
        "config.toml",
        "--quiet",
        "--json",
        "--run",
        "run",
        "--set",
        "model.d_embedding=4",
        "--set",
        "model.d_hidden=4",
        "--set",
        "search.beam=2",
    ];
    let on_wgpu = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        Ran::new(command.env("BURN_DEVICE", "wgpu").output().unwrap())
    };
    let ran = on_wgpu(&tiny);
    let result = &ran.json()[0];
    assert!(
        result["device"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .contains("wgpu"),
        "{result}"
    );

    // What a GPU trained, a CPU evaluates and translates to the same.
    let evaluate = ["evaluate", "--model", "run", "--json"];
    let (gpu, cpu) = (on_wgpu(&evaluate), bench.run(&evaluate));
    let (gpu, cpu) = (&gpu.json()[0], &cpu.json()[0]);
    assert_eq!(gpu["test_chrf"], result["test_chrf"]);
    let (on_gpu, on_cpu) = (number(gpu, "test_chrf"), number(cpu, "test_chrf"));
    assert!((on_gpu - on_cpu).abs() < 1.0, "{on_gpu}, {on_cpu}");
    bench.write("lines.txt", "a b c\n\nh\n");
    let translate = ["translate", "--model", "run", "--json", "lines.txt"];
    let (gpu, cpu) = (on_wgpu(&translate).json(), bench.run(&translate).json());
    assert_eq!((gpu.len(), cpu.len()), (3, 3));
    for (gpu, cpu) in gpu.iter().zip(&cpu) {
        let score = |line: &Value| number(&line["translations"][0], "score");
        let (on_gpu, on_cpu) = (score(gpu), score(cpu));
        assert!((on_gpu - on_cpu).abs() < 1e-2, "{on_gpu}, {on_cpu}");
    }
}
