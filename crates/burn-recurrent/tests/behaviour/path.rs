//! The log says which path a sequence took.

use super::{EXACT, assert_close, normal};
use crate::common::Portable;
use burn::module::Module;
use burn::tensor::{DType, Device, Tensor};
use burn_recurrent::{
    Cell, ComputePath, HiddenState, LstmConfig, PreparedRecurrence, RecurrentConfig, RnnCell,
    RnnCellConfig,
};
use std::cell::RefCell;

thread_local! {
    /// What this test has logged; others run beside it.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Lines;

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

/// What is logged about modules while `run` runs.
fn logged(run: impl FnOnce()) -> Vec<String> {
    LINES.take();
    run();
    let is_about_a_module = |line: &String| line.contains(": fused") || line.contains(": portable");
    LINES.take().into_iter().filter(is_about_a_module).collect()
}

/// A cell that says that it has a kernel, and gives up every sequence.
#[derive(Module, Debug)]
struct GivesUp {
    cell: RnnCell,
}

impl Cell for GivesUp {
    type State = HiddenState<2>;
    type Prepared = PreparedRecurrence;

    fn name() -> &'static str {
        "GivesUp"
    }

    fn d_input(&self) -> usize {
        self.cell.d_input()
    }

    fn d_output(&self) -> usize {
        self.cell.d_output()
    }

    fn initial_state(&self, batch: usize, device: &Device) -> HiddenState<2> {
        self.cell.initial_state(batch, device)
    }

    fn prepare(&self, batch: usize, device: &Device) -> PreparedRecurrence {
        self.cell.prepare(batch, device)
    }

    fn project_input(&self, input: Tensor<2>) -> Tensor<2> {
        self.cell.project_input(input)
    }

    fn step(
        &self,
        projected: Tensor<2>,
        state: HiddenState<2>,
        prepared: &PreparedRecurrence,
    ) -> HiddenState<2> {
        self.cell.step(projected, state, prepared)
    }

    fn path(&self, _device: &Device, _dtype: DType) -> ComputePath {
        ComputePath::Fused
    }
}

#[test]
fn the_log_says_which_path_was_really_taken() {
    log::set_logger(&Lines).unwrap();
    log::set_max_level(log::LevelFilter::Debug);
    let device = Device::flex();
    let input = normal([2, 5, 3], &device);
    let lstm = |config: LstmConfig, input: &Tensor<3>| {
        logged(|| drop(config.init(&device).forward(input.clone(), None)))
    };
    let config = LstmConfig::new(3, 4);
    assert_eq!(lstm(config.clone(), &input), ["Lstm: fused"]);
    assert_eq!(
        lstm(config.clone().with_peephole(true), &input),
        ["Lstm: portable (peepholes have no fused kernel)"]
    );
    assert_eq!(
        lstm(config, &Tensor::zeros([0, 5, 3], &device)),
        ["Lstm: portable (an empty batch is not worth a kernel)"]
    );

    let cell = RnnCellConfig::new(3, 4).init(&device);
    let gives_up = RecurrentConfig::new().init_with(3, |_| GivesUp { cell: cell.clone() });
    assert!(gives_up.path(&device, DType::F32).is_fused());
    assert_eq!(
        logged(|| drop(gives_up.forward(input.clone(), None))),
        ["GivesUp: portable (the fused kernel does not take this sequence)"]
    );
    // By its steps, which are those of the cell within.
    let stepped = RecurrentConfig::new().init_with(3, |_| Portable { cell: cell.clone() });
    let (expected, _) = stepped.forward(input.clone(), None);
    let (found, _) = gives_up.forward(input, None);
    assert_close(found, expected, EXACT, "by the steps");
}
