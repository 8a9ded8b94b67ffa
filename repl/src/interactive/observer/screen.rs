//! The observer on a terminal: raw keys in, a whole screen out, once a second or after a key.
//!
//! Whatever ends it, the terminal is as it was before.

use std::io::{self, Read, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{Asked, Observer};

const BETWEEN_LOOKS: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};
const FOOT: &str = " up and down choose, k kills, m c b sort by mailbox, CPU time, bytes, q leaves";

/// While it lives, keys come one by one and the screen is the observer's.
struct RawTerminal {
    before: Termios,
}

impl RawTerminal {
    fn enter() -> io::Result<RawTerminal> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        print!("\x1b[?1049h\x1b[?25l");
        Ok(RawTerminal { before })
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        print!("\x1b[?25h\x1b[?1049l");
        // There is nothing left to do if the terminal is gone.
        let _ = io::stdout().flush();
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// Shows actors until the user has seen enough.
///
/// # Errors
/// The terminal refuses.
pub fn run() -> io::Result<()> {
    let _raw = RawTerminal::enter()?;
    let mut observer = Observer::default();
    observer.look();
    loop {
        draw(&observer)?;
        match key()? {
            None => observer.look(),
            Some(key) => match observer.press(key) {
                Asked::Leave => return Ok(()),
                Asked::Draw => {}
                Asked::Kill(pid) => {
                    observer.kill(&pid);
                    observer.look();
                }
            },
        }
    }
}

fn draw(observer: &Observer) -> io::Result<()> {
    let (width, height) = terminal_size::terminal_size().map_or((80, 24), |(width, height)| {
        (width.0.into(), height.0.into())
    });
    let (lines, chosen) = observer.lines(width, height - 1);
    let mut screen = String::from("\x1b[H");
    for (at, line) in lines.iter().enumerate() {
        let (on, off) = if chosen == Some(at) {
            ("\x1b[7m", "\x1b[0m")
        } else {
            ("", "")
        };
        screen.push_str(&format!("{on}{line}{off}\x1b[K\r\n"));
    }
    screen.push_str("\x1b[J");
    let foot: String = FOOT.chars().take(width).collect();
    screen.push_str(&format!("\x1b[{height};1H{foot}"));
    let mut out = io::stdout().lock();
    out.write_all(screen.as_bytes())?;
    out.flush()
}

/// A key, or none within a second. Arrows are `+` and `-`.
fn key() -> io::Result<Option<char>> {
    let stdin = io::stdin();
    if !is_ready(&stdin, &BETWEEN_LOOKS)? {
        return Ok(None);
    }
    let mut bytes = [0_u8; 8];
    let count = stdin.lock().read(&mut bytes)?;
    Ok(Some(match &bytes[..count] {
        [] => 'q',
        [0x1b, b'[', b'A', ..] => '-',
        [0x1b, b'[', b'B', ..] => '+',
        [key, ..] => char::from(*key),
    }))
}

fn is_ready(stdin: &io::Stdin, time: &Timespec) -> io::Result<bool> {
    let mut watched = [PollFd::new(stdin, PollFlags::IN)];
    match poll(&mut watched, Some(time)) {
        Ok(count) => Ok(count > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
