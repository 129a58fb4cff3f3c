//! A small HTTP server on the loopback address that answers each request from a script.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How to answer one request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// The whole file, or the range that was asked for.
    Serve,
    /// As `Serve`, after a pause.
    Slow(Duration),
    /// The right header, then only so many bytes of what it promises.
    CutAfter(usize),
    /// The whole file, whatever range was asked for.
    IgnoreRange,
    /// As `CutAfter`, from the first byte of the file whatever range was asked for.
    CutWhole(usize),
    /// The whole file as a complete answer, without its last bytes, ranges beyond it refused.
    Truncated(usize),
    /// No file, only this status.
    Status(u16),
}

/// The running server and what it was asked.
pub(crate) struct Server {
    address: SocketAddr,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

impl Server {
    /// Serves `content`; the last of `answers` is repeated.
    pub(crate) fn start(content: Vec<u8>, answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = ranges.clone();
        thread::spawn(move || {
            for (index, stream) in listener.incoming().enumerate() {
                let answer = answers[index.min(answers.len() - 1)];
                let (content, seen) = (content.clone(), seen.clone());
                thread::spawn(move || {
                    // A client that goes away early is part of the tests.
                    let _ = respond(stream.unwrap(), &content, answer, &seen);
                });
            }
        });
        Self { address, ranges }
    }

    /// The address of the file.
    pub(crate) fn file(&self) -> String {
        format!("http://{}/file.txt", self.address)
    }

    /// For each request the first byte it asked for, `None` for a request of the whole file.
    pub(crate) fn requests(&self) -> Vec<Option<usize>> {
        self.ranges.lock().unwrap().clone()
    }
}

fn respond(
    mut stream: TcpStream,
    content: &[u8],
    answer: Answer,
    seen: &Mutex<Vec<Option<usize>>>,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).to_lowercase();
    let range = request
        .lines()
        .find_map(|line| line.strip_prefix("range: bytes="))
        .map(|range| range.trim_end_matches('-').parse::<usize>().unwrap());
    seen.lock().unwrap().push(range);

    let content = match answer {
        Answer::Truncated(missing) => &content[..content.len() - missing],
        _ => content,
    };
    let range = match answer {
        Answer::IgnoreRange | Answer::CutWhole(_) => None,
        _ => range,
    };
    let (head, body) = match (answer, range) {
        (Answer::Status(status), _) => (format!("{status} Status"), &[][..]),
        (_, Some(start)) if start >= content.len() => ("416 Range Not Satisfiable".into(), &[][..]),
        (_, Some(start)) => (
            format!(
                "206 Partial Content\r\nContent-Range: bytes {start}-{}/{}",
                content.len() - 1,
                content.len()
            ),
            &content[start..],
        ),
        (_, None) => ("200 OK".into(), content),
    };
    if let Answer::Slow(pause) = answer {
        thread::sleep(pause);
    }
    let length = body.len();
    let body = match answer {
        Answer::CutAfter(count) | Answer::CutWhole(count) => &body[..count.min(length)],
        _ => body,
    };
    write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    stream.flush()
}
