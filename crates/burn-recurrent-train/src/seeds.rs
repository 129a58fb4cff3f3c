//! All randomness as a function of the run's seed, the epoch and the step.
//!
//! Before every training step the device's generator is seeded with [`mix_seed`]. What a step draws (dropout masks,
//! say) then depends on nothing that came before it, so a resumed run needs no generator state to go on exactly as
//! the uninterrupted one would have.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Device, Int, Tensor};

/// The seed for `step` (from 0) of `epoch` (from 1); epoch 0 stands for the making of the model.
///
/// Each of the three numbers goes through the finaliser of SplitMix64 (Steele, Lea and Flood 2014), which is a
/// bijection of the 64-bit integers, so that neighbouring steps get unrelated seeds and two steps of one epoch never
/// get the same.
pub fn mix_seed(seed: u64, epoch: u64, step: u64) -> u64 {
    mix(mix(mix(seed).wrapping_add(epoch)).wrapping_add(step))
}

fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Makes a model on `device` whose initial weights depend on `seed` alone.
///
/// Burn draws a parameter's initial value when it is first read. This reads all of them, in the order in which the
/// module visits them, so that nothing drawn later can come in between.
///
/// ```
/// use burn::nn::LinearConfig;
/// use burn::tensor::Device;
/// use burn_recurrent_train::seeded_init;
///
/// let device = Device::flex();
/// let linear = || seeded_init(7, &device, |device| LinearConfig::new(4, 3).init(device));
/// assert_eq!(linear().weight.val().into_data(), linear().weight.val().into_data());
/// ```
pub fn seeded_init<M: Module>(seed: u64, device: &Device, init: impl FnOnce(&Device) -> M) -> M {
    struct Read;
    impl ModuleVisitor for Read {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
        fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
            param.val();
        }
        fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
            param.val();
        }
    }
    device.seed(mix_seed(seed, 0, 0));
    let module = init(device);
    module.visit(&mut Read);
    module
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn seeds_of_different_steps_differ() {
        let seeds: HashSet<u64> = (0..20)
            .flat_map(|seed| {
                (0..20).flat_map(move |epoch| (0..50).map(move |step| mix_seed(seed, epoch, step)))
            })
            .collect();
        assert_eq!(seeds.len(), 20 * 20 * 50);
    }

    #[test]
    fn the_hash_is_fixed_because_old_runs_depend_on_it() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf); // the first output of SplitMix64 seeded with 0
    }
}
