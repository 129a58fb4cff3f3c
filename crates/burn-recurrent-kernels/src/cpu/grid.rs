//! The threads of a recurrence: groups of rows by groups of hidden units.

use core::ops::Range;

use super::plan::Plan;
use super::pool::{Barrier, Breakable};
use super::schedule::Schedule;

/// Who works on which rows and units. The members of a row group wait for one another at every step, since the next
/// one reads what all of them wrote; row groups need not wait for one another.
pub(crate) struct Grid {
    /// Positions of each row group.
    pub(crate) rows: Vec<Range<usize>>,
    /// Units of each member of a row group.
    pub(crate) units: Vec<Range<usize>>,
    /// One for each row group.
    barriers: Vec<Barrier>,
}

/// One thread of a row group, and its share of the work.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    /// Number of the row group.
    pub(crate) group: usize,
    /// Positions of the row group.
    pub(crate) rows: &'a Range<usize>,
    /// Number of the member in its row group.
    pub(crate) index: usize,
    /// Units of the member.
    pub(crate) units: &'a Range<usize>,
    /// Where the members of the row group wait for one another.
    pub(crate) barrier: &'a Barrier,
}

impl Grid {
    pub(crate) fn new(schedule: &Schedule, plan: &Plan) -> Self {
        let rows = schedule.split(plan.row_groups);
        Self {
            barriers: rows
                .iter()
                .map(|_| Barrier::new(plan.units.len()))
                .collect(),
            rows,
            units: plan.units.clone(),
        }
    }

    /// Members of each row group.
    pub(crate) fn members(&self) -> usize {
        self.units.len()
    }

    /// The share of a thread, where it has one.
    pub(crate) fn member(&self, thread: usize) -> Option<Member<'_>> {
        let (group, index) = (thread / self.members(), thread % self.members());
        Some(Member {
            group,
            rows: self.rows.get(group)?,
            index,
            units: &self.units[index],
            barrier: &self.barriers[group],
        })
    }

    /// What to break where a thread panics.
    pub(crate) fn barriers(&self) -> impl Iterator<Item = &dyn Breakable> {
        self.barriers
            .iter()
            .map(|barrier| barrier as &dyn Breakable)
    }
}
