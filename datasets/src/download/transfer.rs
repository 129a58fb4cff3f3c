//! One HTTP request for a file, or for the rest of it.

use std::io::Read;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{StatusCode, header};

use super::error::DownloadError;
use super::part::Part;
use super::progress::Progress;

/// A server that has not answered by then is taken to be away.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that brings nothing for this long is taken to be cut.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How an attempt can end early.
#[derive(Debug)]
pub(super) enum TransferError {
    /// The part could not be written; trying again would not help.
    Write(DownloadError),
    /// The server answered that it does not give the file; nor would this change.
    Refused(u16),
    /// Anything that may be gone at the next attempt.
    Interrupted(String),
}

impl From<DownloadError> for TransferError {
    fn from(error: DownloadError) -> Self {
        TransferError::Write(error)
    }
}

/// Where to ask, and how.
pub(super) struct Transfer<'a> {
    address: &'a str,
    agent: Agent,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(address: &'a str) -> Self {
        let mut config = Agent::config_builder()
            .timeout_connect(Some(ANSWER_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_per_read(Some(READ_TIMEOUT))
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            // A compressed answer could not be resumed at a byte of the file.
            .accept_encoding("identity")
            .http_status_as_error(false);
        if address.starts_with("http://127.0.0.1") || address.starts_with("http://localhost") {
            // No proxy can reach this machine's own loopback address.
            config = config.proxy(None);
        }
        Self {
            address,
            agent: config.build().new_agent(),
        }
    }

    /// Appends to `part` what the server sends of the bytes that are missing.
    ///
    /// Reads at most one byte more than `expected`, enough to see that there are too many. `Ok`
    /// means that the part has at least as many bytes as expected.
    pub(super) fn run(
        &self,
        part: &mut Part,
        expected: u64,
        progress: &mut Progress,
    ) -> Result<(), TransferError> {
        let interrupted = |error: String| TransferError::Interrupted(error);
        let start = part.len()?;
        let mut request = self.agent.get(self.address);
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        let response = request.call().map_err(|error| match error {
            ureq::Error::BadUri(_) => {
                interrupted(format!("the address is not a valid one ({error})"))
            }
            error => interrupted(format!("cannot connect ({error})")),
        })?;
        let status = response.status();
        match status {
            StatusCode::PARTIAL_CONTENT if continues_at(response.headers(), start) => {}
            StatusCode::OK => part.clear()?,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                // The part is not the beginning of what the server has.
                part.clear()?;
                return Err(interrupted(format!(
                    "the server cannot continue at byte {start}"
                )));
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                return Err(interrupted(format!("the server is busy (status {status})")));
            }
            status if status.is_server_error() => {
                return Err(interrupted(format!(
                    "the server has a fault (status {status})"
                )));
            }
            status => return Err(TransferError::Refused(status.as_u16())),
        }
        let mut have = part.len()?;
        let mut body = response
            .into_body()
            .into_reader()
            .take(expected + 1 - have.min(expected));
        progress.at(have);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match body.read(&mut buffer) {
                Ok(0) if have >= expected => return Ok(()),
                Ok(0) => {
                    return Err(interrupted(format!(
                        "the server sent {have} of {expected} bytes and closed the connection"
                    )));
                }
                Ok(count) => {
                    part.append(&buffer[..count])?;
                    have += count as u64;
                    progress.at(have);
                }
                Err(error) => {
                    return Err(interrupted(format!(
                        "the connection was cut after {have} of {expected} bytes ({error})"
                    )));
                }
            }
        }
    }
}

/// Whether the answer's `Content-Range: bytes start-end/size` begins where we want to go on.
fn continues_at(headers: &header::HeaderMap, start: u64) -> bool {
    headers
        .get(header::CONTENT_RANGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("bytes "))
        .and_then(|value| value.split('-').next())
        .is_some_and(|first| first.trim() == start.to_string())
}
