//! The module: a conditional random field over padded batches.

use super::{Chain, Counts, CrfError, CrfPath, TransitionConstraints};
use crate::TensorShapes;
use crate::lengths::{check_lengths, fill_padding};
use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use burn_recurrent::ZeroOutput;

/// Configuration of a [`LinearChainCrf`].
#[derive(Config, Debug)]
pub struct LinearChainCrfConfig {
    /// The number of labels.
    pub num_labels: usize,
    /// Which labels may stand where; without them every sequence is possible.
    #[config(default = "None")]
    pub constraints: Option<TransitionConstraints>,
    /// Whether the constraints also hold in the likelihood, where a forbidden sequence then has no
    /// probability, or only in what is decoded.
    #[config(default = true)]
    pub constrain_training: bool,
}

impl LinearChainCrfConfig {
    /// Checks that there are labels and that the constraints are for them.
    ///
    /// # Errors
    ///
    /// Names what does not fit.
    pub fn validate(&self) -> Result<(), CrfError> {
        if self.num_labels == 0 {
            return Err(CrfError::NoLabels);
        }
        match &self.constraints {
            Some(constraints) => constraints.validate(self.num_labels),
            None => Ok(()),
        }
    }

    /// Creates the module, all scores zero: every sequence is as likely as its emissions say.
    ///
    /// # Errors
    ///
    /// If the configuration does not hold ([`validate`](Self::validate)).
    pub fn init(&self, device: &Device) -> Result<LinearChainCrf, CrfError> {
        self.validate()?;
        Ok(LinearChainCrf {
            constraints: self.constraints.clone(),
            constrain_training: self.constrain_training,
            ..LinearChainCrf::without_transitions(self.num_labels, device)
        })
    }

    /// The tensors of the module.
    pub fn tensors(&self) -> TensorShapes {
        let labels = self.num_labels;
        TensorShapes::of("transitions", [labels, labels])
            .and(TensorShapes::of("start", [labels]))
            .and(TensorShapes::of("end", [labels]))
    }
}

/// A linear-chain conditional random field (Lafferty et al. 2001; on top of a recurrent network,
/// Huang et al. 2015, <https://arxiv.org/abs/1508.01991>, and Lample et al. 2016, equations 1 and
/// 2): the labels `y` of a sentence with emissions `e` score
///
/// ```text
/// s(y) = start[y_1] + Σ_t e[t, y_t] + Σ_t transitions[y_t, y_t+1] + end[y_n]
/// ```
///
/// and have the probability `exp(s(y) - log Σ_y' exp(s(y')))`.
///
/// It computes on the host, whatever the device: the emissions are fetched (they are small beside
/// what computed them), all sums and their derivatives are done in closed form in f64 (forward and
/// backward variables, in logarithms), and the gradients go back as one product. As tensor
/// operations with automatic differentiation each time step would cost a chain of small
/// operations; [`negative_log_likelihood_on_device`](Self::negative_log_likelihood_on_device) does
/// that, for comparison and for devices from which fetching is expensive.
///
/// Batches are padded: row `b` has `lengths[b]` words, in any order, zero allowed. A sentence
/// without words has one sequence of labels, the empty one, of score 0. What stands in the padding
/// does not matter, and no gradient reaches it.
///
/// ```
/// use burn::tensor::{Device, Int, Tensor};
/// use burn_recurrent_models::LinearChainCrfConfig;
///
/// let device = Device::default();
/// let crf = LinearChainCrfConfig::new(2).init(&device)?;
/// let emissions = Tensor::<3>::from_data([[[1.0, 0.0], [0.0, 2.0], [9.0, 9.0]]], &device);
/// let targets = Tensor::<2, Int>::from_data([[0, 1, 0]], &device);
///
/// let best = crf.viterbi(emissions.clone(), &[2]).remove(0);
/// assert_eq!(best.labels, [0, 1]);
/// assert_eq!(best.score, 3.0);
/// let nats = crf.negative_log_likelihood(emissions, targets, &[2]);
/// assert_eq!(nats.dims(), [1]);
/// # Ok::<(), burn_recurrent_models::CrfError>(())
/// ```
#[derive(Module, Debug)]
pub struct LinearChainCrf {
    /// The score of each label (the column) after each other (the row), `[labels, labels]`.
    pub transitions: Param<Tensor<2>>,
    /// The score of each label in the first place, `[labels]`.
    pub start: Param<Tensor<1>>,
    /// The score of each label in the last place, `[labels]`.
    pub end: Param<Tensor<1>>,
    #[module(skip)]
    constraints: Option<TransitionConstraints>,
    constrain_training: bool,
}

impl LinearChainCrf {
    /// One whose sequences score what their emissions do.
    pub(crate) fn without_transitions(num_labels: usize, device: &Device) -> Self {
        Self {
            transitions: Param::from_tensor(Tensor::zeros([num_labels, num_labels], device)),
            start: Param::from_tensor(Tensor::zeros([num_labels], device)),
            end: Param::from_tensor(Tensor::zeros([num_labels], device)),
            constraints: None,
            constrain_training: false,
        }
    }

    /// The negative log-likelihood of each sentence's labels, in nats.
    ///
    /// With constraints that also hold in training, the sum runs over the allowed sequences only,
    /// and a sentence whose targets are forbidden, which would have no probability, counts as if
    /// there were no constraints.
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - targets: `[batch, time]`, each below the number of labels; in the padding anything
    /// - returns: `[batch]`
    ///
    /// # Panics
    ///
    /// If a shape does not fit, a length is longer than the time, or a target is not a label.
    pub fn negative_log_likelihood(
        &self,
        emissions: Tensor<3>,
        targets: Tensor<2, Int>,
        lengths: &[usize],
    ) -> Tensor<1> {
        let batch = self.fetch(&emissions, lengths);
        let targets = self.fetch_targets(targets, &emissions, lengths);
        let device = emissions.device();
        let dtype = emissions.dtype();
        let [rows, time, labels] = emissions.dims();
        let free = self.chain();
        let constrained = self.training_constraints();
        let constrained =
            constrained.map(|constraints| (constraints, free.constrained(constraints)));
        let chain = |path: &[usize]| match &constrained {
            Some((constraints, chain)) if constraints.allows(path) => chain,
            _ => &free,
        };

        if !device.is_autodiff() {
            let nats: Vec<f32> = (0..rows)
                .map(|row| {
                    let (emissions, path) = (batch.row(row), &targets[row]);
                    let chain = chain(path);
                    (chain.log_partition(&emissions) - chain.score(&emissions, path)) as f32
                })
                .collect();
            return Tensor::from_data(TensorData::new(nats, [rows]), (&device, dtype));
        }

        // The gradients: expected minus observed counts.
        let d_parameters = labels * labels + 2 * labels;
        let mut nats = Vec::with_capacity(rows);
        let mut of_emissions = vec![0.0_f32; rows * time * labels];
        let mut of_parameters = Vec::with_capacity(rows * d_parameters);
        for (row, path) in targets.iter().enumerate() {
            let emissions = batch.row(row);
            let chain = chain(path);
            let mut counts = Counts::new(labels);
            let log_partition = chain.expect(&emissions, &mut counts);
            nats.push((log_partition - chain.score(&emissions, path)) as f32);
            counts.subtract(path);
            let to = &mut of_emissions[row * time * labels..];
            for (to, count) in to.iter_mut().zip(&counts.emissions) {
                *to = *count as f32;
            }
            let counts = [&counts.transitions, &counts.start, &counts.end];
            of_parameters.extend(counts.into_iter().flatten().map(|count| *count as f32));
        }
        if rows == 0 || time == 0 {
            // The only sequence of labels is the empty one, whatever the scores.
            return ZeroOutput::like(&emissions)
                .of(&emissions)
                .of_module(self)
                .shaped([rows]);
        }
        let nats = Tensor::<1>::from_data(TensorData::new(nats, [rows]), (&device, dtype));

        // What is linear in the numbers, zero at their present values, has these gradients.
        let emissions = fill_padding(emissions, lengths, 0.0);
        let of_emissions = TensorData::new(of_emissions, [rows, time, labels]);
        let of_emissions = Tensor::<3>::from_data(of_emissions, (&device, dtype));
        let emitted = (emissions.clone() - emissions.detach()) * of_emissions;
        let parameters = self.parameters();
        let of_parameters = TensorData::new(of_parameters, [rows, d_parameters]);
        let of_parameters = Tensor::<2>::from_data(of_parameters, (&device, dtype));
        let moved = of_parameters.matmul(parameters.clone() - parameters.detach());
        nats + emitted.sum_dim(2).sum_dim(1).reshape([rows]) + moved.reshape([rows])
    }

    /// The logarithm of the sum over all sequences of labels (over the allowed ones, where there
    /// are constraints) of the exponential of their score, for each sentence. A
    /// [`CrfPath`]'s log-probability is its score minus this.
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    ///
    /// # Panics
    ///
    /// If a shape does not fit or a length is longer than the time.
    pub fn log_partition(&self, emissions: Tensor<3>, lengths: &[usize]) -> Vec<f64> {
        let batch = self.fetch(&emissions, lengths);
        let chain = self.allowed_chain();
        let rows = 0..lengths.len();
        rows.map(|row| chain.log_partition(&batch.row(row)))
            .collect()
    }

    /// The best sequence of labels for each sentence (Viterbi 1967), never a forbidden one.
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - returns: one path a row, with as many labels as the row has words
    ///
    /// # Panics
    ///
    /// If a shape does not fit or a length is longer than the time.
    pub fn viterbi(&self, emissions: Tensor<3>, lengths: &[usize]) -> Vec<CrfPath> {
        let batch = self.fetch(&emissions, lengths);
        let chain = self.decoding_chain();
        let rows = 0..lengths.len();
        rows.map(|row| chain.viterbi(&batch.row(row))).collect()
    }

    /// The `k` best sequences of labels for each sentence, the best first, never a forbidden one;
    /// fewer where there are not so many.
    ///
    /// Memory grows with the longest sentence's length times the labels times `k`.
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - returns: up to `k` paths a row, each with as many labels as the row has words
    ///
    /// # Panics
    ///
    /// If a shape does not fit or a length is longer than the time.
    pub fn k_best(&self, emissions: Tensor<3>, lengths: &[usize], k: usize) -> Vec<Vec<CrfPath>> {
        let batch = self.fetch(&emissions, lengths);
        let chain = self.decoding_chain();
        let rows = 0..lengths.len();
        rows.map(|row| chain.k_best(&batch.row(row), k)).collect()
    }

    /// The probability of each label at each word, summed over all sequences (over the allowed
    /// ones, where there are constraints).
    ///
    /// # Shapes
    ///
    /// - emissions: `[batch, time, labels]`
    /// - returns: `[batch, time, labels]`, zero in the padding, without gradients
    ///
    /// # Panics
    ///
    /// If a shape does not fit or a length is longer than the time.
    pub fn marginals(&self, emissions: Tensor<3>, lengths: &[usize]) -> Tensor<3> {
        let batch = self.fetch(&emissions, lengths);
        let [rows, time, labels] = emissions.dims();
        let chain = self.allowed_chain();
        let mut counts = Counts::new(labels);
        let mut marginals = vec![0.0_f32; rows * time * labels];
        for row in 0..rows {
            chain.expect(&batch.row(row), &mut counts);
            let to = &mut marginals[row * time * labels..];
            for (to, marginal) in to.iter_mut().zip(&counts.emissions) {
                *to = *marginal as f32;
            }
        }
        Tensor::from_data(
            TensorData::new(marginals, [rows, time, labels]),
            (&emissions.device(), emissions.dtype()),
        )
    }

    /// The number of labels.
    pub fn num_labels(&self) -> usize {
        self.start.dims()[0]
    }

    /// Which labels may stand where.
    pub fn constraints(&self) -> Option<&TransitionConstraints> {
        self.constraints.as_ref()
    }

    /// The same whose best sequences keep these constraints, instead of its own if it has some. What
    /// training computes stays as it is, unless it has constraints that hold there too: then these do.
    ///
    /// # Errors
    ///
    /// When the constraints are for another number of labels or cannot be kept
    /// ([`TransitionConstraints::validate`]).
    pub fn with_constraints(
        mut self,
        constraints: TransitionConstraints,
    ) -> Result<Self, CrfError> {
        constraints.validate(self.num_labels())?;
        self.constraints = Some(constraints);
        Ok(self)
    }

    /// The constraints that hold in the likelihood.
    pub(super) fn training_constraints(&self) -> Option<&TransitionConstraints> {
        let constraints = self.constraints.as_ref();
        constraints.filter(|_| self.constrain_training)
    }

    /// The targets on the host, one sentence a row, without the padding.
    pub(super) fn fetch_targets(
        &self,
        targets: Tensor<2, Int>,
        emissions: &Tensor<3>,
        lengths: &[usize],
    ) -> Vec<Vec<usize>> {
        let [rows, time, labels] = emissions.dims();
        assert!(
            targets.dims() == [rows, time],
            "the targets must be [batch, time] = {:?}, but are {:?}",
            [rows, time],
            targets.dims(),
        );
        let targets: Vec<i64> = targets.into_data().iter::<i64>().collect();
        let label = |row: usize, t: usize| {
            let target = targets[row * time + t];
            match usize::try_from(target) {
                Ok(label) if label < labels => label,
                _ => panic!(
                    "the target at row {row}, time {t} is {target}, but there are {labels} labels"
                ),
            }
        };
        let rows = lengths.iter().enumerate();
        rows.map(|(row, length)| (0..*length).map(|t| label(row, t)).collect())
            .collect()
    }

    /// Checks the shapes.
    pub(super) fn check(&self, emissions: &Tensor<3>, lengths: &[usize]) {
        let [batch, time, labels] = emissions.dims();
        assert!(
            labels == self.num_labels(),
            "the emissions' last axis must be the {} labels, but they are {:?}",
            self.num_labels(),
            emissions.dims(),
        );
        check_lengths(lengths, batch, time);
    }

    /// Transitions, start and end below each other, `[labels * labels + 2 * labels, 1]`.
    fn parameters(&self) -> Tensor<2> {
        let labels = self.num_labels();
        let transitions = self.transitions.val().reshape([labels * labels, 1]);
        let start = self.start.val().reshape([labels, 1]);
        let end = self.end.val().reshape([labels, 1]);
        Tensor::cat(vec![transitions, start, end], 0)
    }

    fn chain(&self) -> Chain {
        let numbers = |data: TensorData| data.iter::<f64>().collect();
        Chain::new(
            numbers(self.start.val().into_data()),
            numbers(self.transitions.val().into_data()),
            numbers(self.end.val().into_data()),
        )
    }

    fn allowed_chain(&self) -> Chain {
        match &self.constraints {
            Some(constraints) => self.chain().constrained(constraints),
            None => self.chain(),
        }
    }

    fn decoding_chain(&self) -> Chain {
        let chain = self.chain().with_finite_scores();
        match &self.constraints {
            Some(constraints) => chain.constrained(constraints),
            None => chain,
        }
    }

    fn fetch<'a>(&self, emissions: &Tensor<3>, lengths: &'a [usize]) -> Batch<'a> {
        self.check(emissions, lengths);
        let [_, time, labels] = emissions.dims();
        Batch {
            emissions: emissions.to_data().iter::<f32>().collect(),
            d_row: time * labels,
            labels,
            lengths,
        }
    }
}

/// The emissions on the host.
struct Batch<'a> {
    emissions: Vec<f32>,
    d_row: usize,
    labels: usize,
    lengths: &'a [usize],
}

impl Batch<'_> {
    /// A sentence's emissions, `[length, labels]`.
    fn row(&self, row: usize) -> Vec<f64> {
        let start = row * self.d_row;
        let emissions = &self.emissions[start..start + self.lengths[row] * self.labels];
        emissions.iter().map(|e| f64::from(*e)).collect()
    }
}
