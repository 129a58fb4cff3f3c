//! Updates of Flex tensors.

use burn_flex::FlexTensor;

use super::flex::tensors::{contiguous, numbers, shaped};
use crate::cpu::kernels::Isa;
use crate::cpu::pool::threads;
use crate::cpu::scratch::Output;
use crate::cpu::update::{self, Operand};
use crate::cpu::update_row::{Rates, UpdateFn};

/// A tensor that changes: in place where nothing else holds its numbers.
struct Changing {
    tensor: FlexTensor,
    /// The new numbers where others hold the old ones.
    copy: Option<Output>,
}

impl Changing {
    fn new(tensor: FlexTensor) -> Self {
        let mut tensor = contiguous(tensor);
        let count = numbers(&tensor).len();
        let in_place = tensor
            .try_storage_mut::<f32>()
            .is_some_and(|storage| storage.len() == count);
        Self {
            tensor,
            copy: (!in_place).then(|| Output::new(count)),
        }
    }

    fn operand(&mut self) -> Operand<'_> {
        match &mut self.copy {
            Some(copy) => Operand::Copied(numbers(&self.tensor), copy),
            None => Operand::InPlace(self.tensor.storage_mut()),
        }
    }

    /// # Safety
    ///
    /// An update ran with this as an operand.
    unsafe fn finish(self) -> FlexTensor {
        match self.copy {
            // SAFETY: the update wrote all of it.
            Some(copy) => shaped(
                unsafe { copy.finish() },
                self.tensor.layout().shape().clone(),
            ),
            None => self.tensor,
        }
    }
}

/// Runs an update of a parameter with up to two moments.
fn run(
    kernel: UpdateFn,
    parameter: FlexTensor,
    gradient: FlexTensor,
    moments: Option<[FlexTensor; 2]>,
    rates: Rates,
) -> (FlexTensor, Option<[FlexTensor; 2]>) {
    let gradient = contiguous(gradient);
    let mut parameter = Changing::new(parameter);
    let mut moments = moments.map(|moments| moments.map(Changing::new));
    let (first, second) = match &mut moments {
        Some([first, second]) => (first.operand(), second.operand()),
        None => (Operand::Absent, Operand::Absent),
    };
    let operands = update::Update {
        parameter: parameter.operand(),
        gradient: numbers(&gradient),
        first,
        second,
    };
    update::update(kernel, threads(), operands, rates);
    // SAFETY: these were the operands.
    unsafe {
        (
            parameter.finish(),
            moments.map(|moments| moments.map(|moment| moment.finish())),
        )
    }
}

pub(crate) fn sgd(parameter: FlexTensor, gradient: FlexTensor, rates: Rates) -> FlexTensor {
    run(
        Isa::selected().kernels().sgd,
        parameter,
        gradient,
        None,
        rates,
    )
    .0
}

pub(crate) fn adam(
    parameter: FlexTensor,
    gradient: FlexTensor,
    moments: [FlexTensor; 2],
    rates: Rates,
) -> (FlexTensor, [FlexTensor; 2]) {
    let kernel = Isa::selected().kernels().adam;
    let (parameter, moments) = run(kernel, parameter, gradient, Some(moments), rates);
    (
        parameter,
        moments.expect("an update gives back the moments that it got"),
    )
}

pub(crate) fn scale(tensor: FlexTensor, factor: f32) -> FlexTensor {
    let rates = Rates {
        step: factor,
        ..Rates::default()
    };
    let mut changing = Changing::new(tensor);
    let operands = update::Update {
        parameter: changing.operand(),
        gradient: &[],
        first: Operand::Absent,
        second: Operand::Absent,
    };
    update::update(
        Isa::selected().kernels().scale_all,
        threads(),
        operands,
        rates,
    );
    // SAFETY: this was the operand.
    unsafe { changing.finish() }
}

pub(crate) fn sum_of_squares(tensor: FlexTensor) -> f64 {
    update::sum_of_squares(
        Isa::selected().kernels(),
        threads(),
        numbers(&contiguous(tensor)),
    )
}
