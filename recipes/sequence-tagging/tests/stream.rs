//! `tag` reads and writes as it goes.

use crate::common::Bench;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
#[cfg(target_os = "linux")]
use std::time::Duration;

#[test]
fn tagging_keeps_the_order_and_the_number_of_sentences_and_labels_do_not_depend_on_the_neighbours()
{
    let bench = Bench::with_chunks();
    assert_eq!(bench.train("run", &[]).code, Some(0));
    // More than are tagged at once, of many lengths, some of them empty.
    let line = |number: usize| match number % 7 {
        3 => String::new(),
        rest => {
            let cats = "the cat sees ".repeat(rest + usize::from(number.is_multiple_of(500)) * 60);
            format!("x{number} {cats}.")
        }
    };
    let lines: Vec<String> = (0..5000).map(line).collect();
    let text = lines.join("\n") + "\n";
    let tagged = bench.tag("run", &text, &["--format", "json"]).json();
    assert_eq!(tagged.len(), lines.len());
    for (line, tagged) in lines.iter().zip(&tagged) {
        let tokens: Vec<&str> = tagged["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t.as_str().unwrap())
            .collect();
        assert_eq!(tokens.join(" "), *line);
        assert_eq!(tagged["labels"].as_array().unwrap().len(), tokens.len());
    }
    // The same sentence, alone and among others.
    for number in [0, 1, 500, 4999] {
        let alone = bench.tag("run", format!("{}\n", lines[number]), &["--format", "json"]);
        assert_eq!(alone.json()[0], tagged[number]);
    }
    // As columns, in and out, with what else stands in them.
    let columns = bench.tag("run", &text, &[]).stdout;
    assert_eq!(
        columns.lines().filter(|line| line.is_empty()).count(),
        lines.len()
    );
    let with_more = columns
        .replace(" B-", "\tmore B-")
        .replace(" I-", "\tmore I-")
        .replace(" O\n", "\tmore O\n");
    let again = bench.tag("run", &with_more, &["--input", "conll"]).stdout;
    let more: Vec<&str> = with_more.lines().filter(|line| !line.is_empty()).collect();
    let again: Vec<&str> = again.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(more.len(), again.len());
    for (before, after) in more.iter().zip(&again) {
        let label = before.rsplit(' ').next().unwrap();
        assert_eq!(*after, format!("{before}\t{label}"));
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error_and_output_comes_before_the_end_of_input() {
    let bench = Bench::with_chunks();
    assert_eq!(
        bench.train("run", &["--set", "training.epochs=1"]).code,
        Some(0)
    );
    bench.write("long.txt", "the cat sees a dog .\n".repeat(60_000));
    let mut command = bench.command(&["tag", "--model", "run", "long.txt"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    assert!(first.starts_with("the "), "{first}");
    drop(reader);
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() && errors.is_empty(), "{status}: {errors}");
}

/// The most memory that a process has had so far, in kibibytes.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    let bench = Bench::with_chunks();
    let train = bench.train("run", &["--set", "training.epochs=1"]);
    assert_eq!(train.code, Some(0), "{}", train.stderr);
    let mut command = bench.command(&["tag", "--model", "run"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let process = child.id();

    // Seven words, and as many lines and a blank one. So many sentences may still wait for others.
    const SENTENCE: &str = "the cat sees a small dog .\n";
    const LINES: usize = 8;
    const WAITING: usize = 2_500;
    let few = 20_000;
    let many = 10 * few;
    let (look, done) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for _ in 0..many / 1000 {
            input.write_all(SENTENCE.repeat(1000).as_bytes()).unwrap();
        }
        // Open still, so that the process is there to be looked at; closed after a time that only a process which waits
        // for the end of its input takes.
        let looked_at = done.recv_timeout(Duration::from_secs(300));
        drop(input);
        looked_at.is_ok()
    });
    let mut lines = output.lines();
    let mut read = |sentences: usize| {
        let read = lines.by_ref().take(sentences * LINES);
        assert_eq!(read.map(Result::unwrap).count(), sentences * LINES);
    };
    read(few - WAITING);
    let after_few = peak(process);
    read(many - few);
    let after_many = peak(process);
    let _ = look.send(());
    assert!(
        writer.join().unwrap(),
        "the output waits for the end of the input"
    );
    read(WAITING);
    assert!(child.wait().unwrap().success());
    // The words of 200,000 sentences alone would be more than 100 MiB, each with its text, its line and its label.
    let grown = after_many.saturating_sub(after_few);
    assert!(
        grown < 16 * 1024,
        "{after_few} KiB after {few} sentences, {after_many} KiB after {many}"
    );
}

/// A program that waits for each answer before it asks on.
#[test]
fn who_waits_for_labels_gets_them_before_the_end_of_input() {
    let bench = Bench::with_chunks();
    let train = bench.train("run", &["--set", "training.epochs=1"]);
    assert_eq!(train.code, Some(0), "{}", train.stderr);
    let lines = ["the cat sees a dog .", "", "the dog sees"];
    let answers = burn_recurrent_tests::answers(
        &mut bench.command(&["tag", "--model", "run", "--format", "json"]),
        &lines,
    );
    for (line, answer) in lines.iter().zip(answers) {
        let alone = bench.tag("run", format!("{line}\n"), &["--format", "json"]);
        assert_eq!(answer + "\n", alone.stdout);
    }
}
