//! Zeros that take part in back-propagation.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Shape, Tensor};

/// Makes the output of an operation on nothing: zeros, or no numbers at all, that depend on the operands.
///
/// A tensor that is merely made anew has no graph behind it, and Burn's `backward` panics on it. From an output made
/// here `backward` gives every operand a gradient of zeros, as Burn's own operations do for a tensor without elements:
/// on burn-flex a `Linear` over the two axes `[0, d_input]` does. Without automatic differentiation nothing is computed.
///
/// For modules of one's own that return early on an empty batch:
///
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::{Device, Tensor};
/// use burn_recurrent::ZeroOutput;
///
/// let device = Device::default().autodiff();
/// let linear = LinearConfig::new(3, 2).init(&device);
/// let input = Tensor::<3>::zeros([0, 5, 3], &device);
/// let output: Tensor<3> = ZeroOutput::like(&input).of(&input).of_module(&linear).shaped([0, 5, 2]);
/// let gradients = output.sum().backward();
/// let gradient = linear.weight.val().grad(&gradients).unwrap();
/// assert_eq!(gradient.abs().max().into_scalar::<f32>(), 0.0);
/// ```
#[derive(Clone, Debug)]
pub struct ZeroOutput {
    device: Device,
    dtype: DType,
    /// Some number that depends on all operands that are tracked.
    operands: Option<Tensor<1>>,
}

impl ZeroOutput {
    /// Zeros of the tensor's element type, on its device. They depend on nothing yet.
    pub fn like<const D: usize>(tensor: &Tensor<D>) -> Self {
        Self {
            device: tensor.device(),
            dtype: tensor.dtype(),
            operands: None,
        }
    }

    /// The same, depending on a tensor too.
    pub fn of<const D: usize>(mut self, operand: &Tensor<D>) -> Self {
        if operand.is_tracked() {
            let sum = operand.clone().sum().cast(self.dtype);
            self.operands = Some(match self.operands {
                Some(operands) => operands + sum,
                None => sum,
            });
        }
        self
    }

    /// The same, depending on each parameter of a module too, those that are frozen excepted.
    pub fn of_module<M: Module>(self, module: &M) -> Self {
        let mut parameters = Parameters(Some(self));
        module.visit(&mut parameters);
        parameters.0.expect("each visit puts it back")
    }

    /// The zeros, in this shape.
    pub fn shaped<const D: usize>(self, shape: [usize; D]) -> Tensor<D> {
        let Some(operands) = self.operands else {
            return Tensor::zeros(shape, (&self.device, self.dtype));
        };
        // A sum over no numbers is zero, whatever the operands are: a NaN too. A size of 0 is refused in an array, not in
        // a `Shape`.
        let nothing: Tensor<1> = operands.expand(Shape::new([0]));
        nothing.sum().reshape([1; D]).expand(Shape::new(shape))
    }
}

/// Adds parameters to the operands.
struct Parameters(Option<ZeroOutput>);

impl ModuleVisitor for Parameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0 = self.0.take().map(|output| output.of(&param.val()));
    }
}
