//! What comes in piece by piece, and who is waiting for an answer.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

/// So long a next item may be on its way.
const PATIENCE: Duration = Duration::from_millis(20);

/// So many items are read ahead, beside the one in the reader's hand. Few, since one of them may be a long line; whoever
/// takes many at once gets them from a file or a full pipe much faster than in [`PATIENCE`].
const AHEAD: usize = 2;

/// Items of an iterator that waits for somebody, such as the lines of standard input, read ahead by a thread of its own.
///
/// Who works on many items at once asks before each whether one [`is_near`](Self::is_near): if none is, whoever writes the
/// input may be waiting for the answer to what came, a person or a program, and it is time to give it.
///
/// One that is dropped before its end leaves its thread behind until the iterator's next item has come.
///
/// ```
/// use burn_recurrent_train::Arrivals;
///
/// let lines = ["wake me at six", "play some jazz"];
/// let mut arrivals = Arrivals::new(lines.into_iter());
/// let mut lot = Vec::new();
/// while let Some(line) = arrivals.next() {
///     lot.push(line);
///     if lot.len() == 1000 || !arrivals.is_near() {
///         lot.drain(..).for_each(|line| println!("{line}"));
///     }
/// }
/// assert!(lot.is_empty());
/// ```
pub struct Arrivals<I: Iterator> {
    items: Receiver<I::Item>,
    next: Option<I::Item>,
    /// Until the end has come.
    reader: Option<thread::JoinHandle<I>>,
    /// From then on.
    ended: Option<I>,
}

impl<I: Iterator<Item: Send> + Send + 'static> Arrivals<I> {
    /// Begins to read.
    pub fn new(mut iterator: I) -> Self {
        let (sender, items) = sync_channel(AHEAD);
        let reader = thread::spawn(move || {
            for item in iterator.by_ref() {
                // Nobody listens any more.
                if sender.send(item).is_err() {
                    break;
                }
            }
            iterator
        });
        Self {
            items,
            next: None,
            reader: Some(reader),
            ended: None,
        }
    }

    /// Whether the next item is there, or comes within moments. The end does not count as one.
    pub fn is_near(&mut self) -> bool {
        if self.next.is_none() {
            self.next = self.items.recv_timeout(PATIENCE).ok();
        }
        self.next.is_some()
    }

    /// The iterator behind its last item; `None` before [`next`](Iterator::next) has said that there is no other.
    pub fn into_inner(self) -> Option<I> {
        self.ended
    }
}

impl<I: Iterator> Iterator for Arrivals<I> {
    type Item = I::Item;

    /// Waits for the next item. A panic of the iterator comes behind the items before it.
    fn next(&mut self) -> Option<I::Item> {
        let next = self.next.take().or_else(|| self.items.recv().ok());
        if next.is_none()
            && let Some(reader) = self.reader.take()
        {
            let read = reader.join();
            self.ended = Some(read.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn items_come_in_order_and_the_iterator_comes_back() {
        let mut arrivals = Arrivals::new(0..1000);
        while !arrivals.is_near() {}
        assert!(arrivals.is_near());
        assert_eq!(
            arrivals.by_ref().collect::<Vec<_>>(),
            (0..1000).collect::<Vec<_>>()
        );
        assert!(!arrivals.is_near());
        assert_eq!(arrivals.next(), None);
        assert_eq!(arrivals.into_inner(), Some(1000..1000));
    }

    #[test]
    fn who_waits_for_an_answer_is_found_out() {
        let (sender, receiver) = channel();
        let mut arrivals = Arrivals::new(receiver.into_iter());
        assert!(!arrivals.is_near());
        sender.send(1).unwrap();
        assert_eq!(arrivals.next(), Some(1));
        assert!(!arrivals.is_near());
        sender.send(2).unwrap();
        sender.send(3).unwrap();
        assert_eq!(arrivals.next(), Some(2));
        while !arrivals.is_near() {}
        assert_eq!(arrivals.next(), Some(3));
        drop(sender);
        assert_eq!(arrivals.next(), None);
    }

    #[test]
    fn who_stops_early_waits_for_nobody() {
        let (sender, receiver) = channel();
        let mut arrivals = Arrivals::new(receiver.into_iter());
        sender.send(1).unwrap();
        assert_eq!(arrivals.next(), Some(1));
        assert!(arrivals.into_inner().is_none());
        drop(sender);
    }

    #[test]
    fn a_panic_of_the_iterator_is_no_end() {
        let items = (0..3).inspect(|item| assert_ne!(*item, 2, "not two"));
        let mut arrivals = Arrivals::new(items);
        assert_eq!((arrivals.next(), arrivals.next()), (Some(0), Some(1)));
        let next = std::panic::AssertUnwindSafe(|| arrivals.next());
        assert!(std::panic::catch_unwind(next).is_err());
    }
}
