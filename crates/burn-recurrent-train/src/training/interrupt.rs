//! Ctrl-C and SIGTERM: finish the step, write a checkpoint, end.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use burn::train::Interrupter;

/// The training to stop. A process has one signal handler, so it has one of these.
static ACTIVE: Mutex<Option<Interrupter>> = Mutex::new(None);

/// The exit code of a program that was ended by SIGINT, by convention.
const EXIT_INTERRUPTED: i32 = 130;

fn active() -> MutexGuard<'static, Option<Interrupter>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// While this lives, the first signal stops the training and a second one ends the process.
pub(super) struct StopOnSignal;

impl StopOnSignal {
    pub(super) fn new(interrupter: Interrupter) -> Self {
        static INSTALL: Once = Once::new();
        *active() = Some(interrupter);
        INSTALL.call_once(|| {
            // Fails where the program has a handler of its own, which then is the one to use.
            let _ = ctrlc::set_handler(|| match active().as_ref() {
                Some(interrupter) if !interrupter.should_stop() => {
                    eprintln!("\nstopping after this step; once more to stop at once");
                    interrupter.stop(Some("interrupted"));
                }
                _ => std::process::exit(EXIT_INTERRUPTED),
            });
        });
        Self
    }
}

impl Drop for StopOnSignal {
    fn drop(&mut self) {
        *active() = None;
    }
}
