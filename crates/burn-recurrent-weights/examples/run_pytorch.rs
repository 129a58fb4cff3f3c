//! Runs a recurrent layer with PyTorch's weights over an input: a check of any checkpoint, and of
//! these crates.
//!
//! ```sh
//! cargo run --release -p burn-recurrent-weights --features flex --example run_pytorch -- --cell lstm \
//!     --weights w.safetensors --prefix encoder. --input in.safetensors --output out.safetensors
//! ```
//!
//! The weights are a state dict, as safetensors or as `torch.save` wrote it, or arrays of NumPy's in PyTorch's layout
//! under whatever names, with a `--rename weight_ih_l0=enc_w_ih` for each. `in.safetensors` holds `input`
//! `[batch, time, d_input]` and, if wanted, `lengths` `[batch]` (i64), `h0` and for an LSTM `c0`
//! `[layers * directions, batch, width]`. `out.safetensors` gets `output`, `h_n` and for an LSTM `c_n`, f32 in PyTorch's
//! shapes. `benches/check_torch_weights.py` compares random layers so. The exit code is 0, 2 for a wrong command line, and 1 for anything else.

use burn::tensor::{Device, Tensor, TensorData};
use burn_recurrent::{Cell, CellState, Gru, Lstm, Recurrent, Rnn, RnnActivation};
use burn_recurrent_weights::{ConvertibleCell, TensorFile, TorchWeights, WeightsError};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum CellKind {
    Rnn,
    Gru,
    Lstm,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Nonlinearity {
    Tanh,
    Relu,
}

/// Runs a recurrent layer with PyTorch's weights over an input.
#[derive(Debug, Parser)]
struct Args {
    #[arg(long, value_enum)]
    cell: CellKind,
    /// The activation of an RNN, which its weights do not tell: tanh where it is not given.
    #[arg(long, value_enum)]
    nonlinearity: Option<Nonlinearity>,
    /// A state dict: .safetensors, or .pt as torch.save writes it.
    #[arg(long)]
    weights: PathBuf,
    /// What the names of the layer's tensors begin with.
    #[arg(long, default_value = "")]
    prefix: String,
    /// Give a tensor the name that PyTorch has for it, as in `enc.weight_ih_l0=enc_w_ih`; may be repeated.
    #[arg(long, value_name = "OURS=FILE'S", value_parser = renaming)]
    rename: Vec<(String, String)>,
    /// The layer must be bidirectional. Whether it is, the names tell.
    #[arg(long)]
    bidirectional: bool,
    /// How many layers there must be. How many there are, the names tell.
    #[arg(long)]
    layers: Option<usize>,
    /// Safetensors with `input` and, if wanted, `lengths`, `h0` and `c0`.
    #[arg(long)]
    input: PathBuf,
    /// Where to write `output`, `h_n` and `c_n`: a name that ends in .safetensors.
    #[arg(long)]
    output: PathBuf,
    /// Where to write the layer's weights as this crate exports them, under the same prefix.
    #[arg(long)]
    export: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.nonlinearity.is_some() && args.cell != CellKind::Rnn {
        usage_error("--nonlinearity is for --cell rnn only");
    }
    if args
        .output
        .extension()
        .is_none_or(|name| name != "safetensors")
    {
        usage_error("the name after --output must end in .safetensors");
    }
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the error and how the command is used, and ends with 2.
fn usage_error(message: &str) -> ! {
    Args::command()
        .error(ErrorKind::ValueValidation, message)
        .exit()
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let device = Device::default();
    let mut weights = TensorFile::open(&args.weights)?;
    weights.rename(
        args.rename
            .iter()
            .map(|(ours, theirs)| (&**ours, &**theirs)),
    )?;
    check_cell(args, &weights)?;
    let input = Input::open(args)?;
    let prefix = &args.prefix;
    let results = match args.cell {
        CellKind::Rnn => {
            let mut rnn = Rnn::from_torch(&weights, prefix, &device)?;
            if args.nonlinearity == Some(Nonlinearity::Relu) {
                rnn = Rnn::torch_config(&weights, prefix)?
                    .with_activation(RnnActivation::Relu)
                    .init(&device);
                rnn.load_torch(&weights, prefix)?;
            }
            let width = rnn.layers[0].forward.weight_hidden.dims()[0];
            let state = input.state(args, &rnn, &["h0"], &[width], &device)?;
            input.run(args, &rnn, state, &device)?
        }
        CellKind::Gru => {
            let gru = Gru::from_torch(&weights, prefix, &device)?;
            let width = gru.layers[0].forward.weight_hidden.dims()[0];
            let state = input.state(args, &gru, &["h0"], &[width], &device)?;
            input.run(args, &gru, state, &device)?
        }
        CellKind::Lstm => {
            let lstm = Lstm::from_torch(&weights, prefix, &device)?;
            let cell = &lstm.layers[0].forward;
            let widths = [cell.weight_hidden.dims()[0], cell.d_cell()];
            let state = input.state(args, &lstm, &["h0", "c0"], &widths, &device)?;
            input.run(args, &lstm, state, &device)?
        }
    };
    let mut output = TensorFile::new();
    for (name, tensor) in ["output", "h_n", "c_n"].into_iter().zip(results) {
        let shape = tensor.dims();
        output.insert(name, &shape, tensor.into_data().iter::<f32>().collect())?;
    }
    Ok(output.save(&args.output)?)
}

/// `OURS=FILE'S`.
fn renaming(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((ours, theirs)) if !ours.is_empty() && !theirs.is_empty() => {
            Ok((ours.to_owned(), theirs.to_owned()))
        }
        _ => Err("expected PyTorch's name, `=`, and the file's name".to_owned()),
    }
}

/// Whether the weights are those of the cell of `--cell`: the gates are rows one below another.
fn check_cell(args: &Args, weights: &TensorFile) -> Result<(), String> {
    let prefix = args.prefix.trim_end_matches('.');
    let dot = if prefix.is_empty() { "" } else { "." };
    let name = format!("{prefix}{dot}weight_hh_l0");
    // With a projection, the columns are as many as it has.
    let projected = weights.shape(&format!("{prefix}{dot}weight_hr_l0"));
    let (rows, hidden) = match (weights.shape(&name), projected) {
        (Some(&[rows, _]), Some(&[_, hidden])) => (rows, hidden),
        (Some(&[rows, hidden]), None) => (rows, hidden),
        _ => return Ok(()),
    };
    let kinds = [(1, CellKind::Rnn), (3, CellKind::Gru), (4, CellKind::Lstm)];
    match kinds
        .into_iter()
        .find(|(gates, _)| Some(rows) == hidden.checked_mul(*gates))
    {
        Some((gates, kind)) if kind != args.cell && rows > 0 => Err(format!(
            "{}: {name}: its {rows} rows are {gates} times the hidden width, {hidden}, so it is an nn.{}'s: give \
             --cell {}",
            args.weights.display(),
            format!("{kind:?}").to_uppercase(),
            format!("{kind:?}").to_lowercase(),
        )),
        _ => Ok(()),
    }
}

/// The state of all layers and directions of a module of cells `C`.
type Stacked<C> = <<C as Cell>::State as CellState>::Stacked;

/// The file of `--input`.
struct Input {
    file: TensorFile,
    /// Batch, time and width.
    shape: [usize; 3],
    lengths: Option<Vec<usize>>,
}

impl Input {
    fn open(args: &Args) -> Result<Self, Box<dyn Error>> {
        let file = TensorFile::open(&args.input)?;
        let path = args.input.display();
        let shape = file
            .shape("input")
            .ok_or_else(|| format!("{path}: it has no tensor \"input\""))?;
        let &[batch, time, width] = shape else {
            return Err(
                format!("{path}: input: expected [batch, time, d_input], found {shape:?}").into(),
            );
        };
        if batch == 0 || time == 0 || width == 0 {
            return Err(
                format!("{path}: input: nothing to run over, its shape is {shape:?}").into(),
            );
        }
        let shape = [batch, time, width];
        let lengths = match file.shape("lengths") {
            None => None,
            Some(found) if found != [batch] => {
                return Err(format!("{path}: lengths: expected shape [{batch}], found {found:?}").into());
            }
            Some(_) => Some(
                file.integers("lengths")?
                    .into_iter()
                    .enumerate()
                    .map(|(row, length)| {
                        usize::try_from(length)
                            .ok()
                            .filter(|length| *length <= time)
                            .ok_or_else(|| {
                                format!("{path}: lengths: row {row} has {length}, but there are {time} steps")
                            })
                    })
                    .collect::<Result<Vec<_>, _>>()?,
            ),
        };
        Ok(Self {
            file,
            shape,
            lengths,
        })
    }

    /// The initial state, each part `[layers * directions, batch, width]`; `None` where the file has none.
    fn state<C: Cell>(
        &self,
        args: &Args,
        module: &Recurrent<C>,
        names: &[&str],
        widths: &[usize],
        device: &Device,
    ) -> Result<Option<Stacked<C>>, Box<dyn Error>> {
        let path = args.input.display();
        let stack = module.num_layers() * module.directions();
        let is_given = |name: &&str| self.file.shape(name).is_some();
        if !names.contains(&"c0") && is_given(&"c0") {
            return Err(format!("{path}: c0: only an LSTM has a memory cell").into());
        }
        if !names.iter().any(is_given) {
            return Ok(None);
        }
        if let Some(missing) = names.iter().find(|name| !is_given(name)) {
            return Err(format!(
                "{path}: {missing}: missing, and the other part of the state is there"
            )
            .into());
        }
        let mut parts = Vec::new();
        for (name, width) in names.iter().zip(widths) {
            let expected = [stack, self.shape[0], *width];
            let found = self.file.shape(name).unwrap_or_default();
            if found != expected {
                return Err(format!(
                    "{path}: {name}: expected shape {expected:?}, found {found:?}"
                )
                .into());
            }
            parts.push(self.tensor(name, expected, device)?);
        }
        Ok(Some(C::State::stacked_from_parts(parts)))
    }

    /// The output, and the parts of the final state.
    fn run<C: ConvertibleCell>(
        &self,
        args: &Args,
        module: &Recurrent<C>,
        state: Option<Stacked<C>>,
        device: &Device,
    ) -> Result<Vec<Tensor<3>>, Box<dyn Error>> {
        let (weights, layers) = (args.weights.display(), module.num_layers());
        if args.layers.is_some_and(|expected| expected != layers) {
            return Err(
                format!("{weights}: it has {layers} layers, not as many as --layers says").into(),
            );
        }
        if args.bidirectional && !module.is_bidirectional() {
            return Err(format!(
                "{weights}: it has no tensors of a backward direction (`.._reverse`)"
            )
            .into());
        }
        let [_, _, width] = self.shape;
        if width != module.d_input() {
            return Err(format!(
                "{}: input: expected a width of {}, found {width}",
                args.input.display(),
                module.d_input()
            )
            .into());
        }
        if let Some(export) = &args.export {
            module.to_torch(&args.prefix)?.save(export)?;
        }
        let input = self.tensor("input", self.shape, device)?;
        let (output, state) = match &self.lengths {
            Some(lengths) => module.forward_padded(input, lengths, state),
            None => module.forward(input, state),
        };
        let mut results = vec![output];
        results.extend(C::State::stacked_into_parts(state));
        Ok(results)
    }

    fn tensor(
        &self,
        name: &str,
        shape: [usize; 3],
        device: &Device,
    ) -> Result<Tensor<3>, WeightsError> {
        Ok(Tensor::from_data(
            TensorData::new(self.file.floats(name)?, shape),
            device,
        ))
    }
}
