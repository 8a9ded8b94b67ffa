//! `:observer`: a table of the living actors by mailbox, CPU time or memory, which on a terminal is
//! drawn again each second and takes keys.
//!
//! What is seen and what a key does is decided here, without a terminal; [`screen`] is its face.
//! To add a column: a variant of [`Column`], its text in `cells` and its key in [`Observer::press`].

use std::collections::HashMap;

use batuta_runtime::actor;
use batuta_runtime::collections::{map, vector};
use batuta_runtime::function::VarBody;
use batuta_runtime::namespace;
use batuta_runtime::number;
use batuta_runtime::value::{Value, print};

pub mod screen;

/// How long actors have to say how they are.
const PATIENCE_MS: i64 = 500;

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Messages that wait.
    Mailbox,
    /// CPU time since the last look.
    Cpu,
    /// Bytes reached from state and mailbox.
    Memory,
}

/// An actor as the table shows it.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pid: Value,
    shown: String,
    who: String,
    doing: String,
    mailbox: i64,
    cpu_ms: f64,
    /// Of that, since the last look.
    recent_ms: f64,
    memory: i64,
}

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Draw the table again.
    Draw,
    /// End this actor.
    Kill(Value),
    /// Leave.
    Leave,
}

/// See the module's head.
#[derive(Debug)]
pub struct Observer {
    rows: Vec<Row>,
    by: Column,
    /// The pid of the row that the keys are about, as it is shown.
    chosen: Option<String>,
    cpu_before: HashMap<String, f64>,
}

impl Default for Observer {
    fn default() -> Observer {
        Observer {
            rows: Vec::new(),
            by: Column::Mailbox,
            chosen: None,
            cpu_before: HashMap::new(),
        }
    }
}

impl Observer {
    /// Asks all actors how they are.
    pub fn look(&mut self) {
        let seen = call("survey*", vec![number::int(PATIENCE_MS)]).unwrap_or_default();
        self.take(&seen);
    }

    fn take(&mut self, seen: &Value) {
        let mut rows: Vec<Row> = vector::iter(seen).map(Row::of).collect();
        for row in &mut rows {
            let before = self.cpu_before.get(&row.shown).copied();
            row.recent_ms = row.cpu_ms - before.unwrap_or_default();
        }
        self.cpu_before = rows
            .iter()
            .map(|row| (row.shown.clone(), row.cpu_ms))
            .collect();
        self.rows = rows;
        self.sort();
    }

    fn sort(&mut self) {
        let by = self.by;
        self.rows.sort_by(|a, b| {
            let order = match by {
                Column::Mailbox => b.mailbox.cmp(&a.mailbox),
                Column::Cpu => b.recent_ms.total_cmp(&a.recent_ms),
                Column::Memory => b.memory.cmp(&a.memory),
            };
            order.then_with(|| a.shown.cmp(&b.shown))
        });
    }

    fn place(&self) -> usize {
        let is_chosen = |row: &Row| Some(&row.shown) == self.chosen.as_ref();
        self.rows.iter().position(is_chosen).unwrap_or_default()
    }

    fn choose(&mut self, place: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.chosen = self.rows.get(place.min(last)).map(|row| row.shown.clone());
    }

    /// What a key does.
    pub fn press(&mut self, key: char) -> Asked {
        match key {
            'q' | '\u{3}' | '\u{1b}' => return Asked::Leave,
            'k' => match self.rows.get(self.place()) {
                Some(row) if self.chosen.is_some() => return Asked::Kill(row.pid.clone()),
                _ => self.choose(0),
            },
            '+' => self.choose(self.place() + 1),
            '-' => self.choose(self.place().saturating_sub(1)),
            'm' => self.by = Column::Mailbox,
            'c' => self.by = Column::Cpu,
            'b' => self.by = Column::Memory,
            _ => {}
        }
        self.sort();
        Asked::Draw
    }

    /// Ends an actor.
    pub fn kill(&self, pid: &Value) {
        // It may have ended by itself.
        let _ = call("exit", vec![pid.clone(), Value::keyword("kill")]);
    }

    /// The table in so many lines of so many letters, and which of them is the chosen row.
    pub fn lines(&self, width: usize, height: usize) -> (Vec<String>, Option<usize>) {
        let by = match self.by {
            Column::Mailbox => "mailbox",
            Column::Cpu => "CPU time",
            Column::Memory => "memory",
        };
        let mut lines = vec![
            format!("{} actors by {by}", self.rows.len()),
            cells("pid", "who", "doing", "mailbox", "CPU ms", "now", "memory"),
        ];
        let room = height.saturating_sub(lines.len());
        let place = self.place();
        let first = (place + 1).saturating_sub(room);
        let chosen = lines.len() + place - first;
        lines.extend(self.rows.iter().skip(first).take(room).map(Row::line));
        let is_there = self.chosen.is_some() && chosen < lines.len();
        let cut = |line: String| line.chars().take(width).collect();
        (
            lines.into_iter().map(cut).collect(),
            is_there.then_some(chosen),
        )
    }
}

impl Row {
    fn of(seen: &Value) -> Row {
        let get = |key| map::get_keyword(seen, key).cloned().unwrap_or_default();
        let (name, kind, pid) = (get("name"), get("kind"), get("pid"));
        let who = [&name, &kind].into_iter().find(|value| !value.is_nil());
        let status = print::readable(&get("status"));
        let function = get("function");
        Row {
            shown: print::readable(&pid),
            pid,
            who: who.map(print::readable).unwrap_or_default(),
            doing: format!(
                "{} {}",
                status.trim_start_matches(':'),
                function.as_str().unwrap_or_default()
            ),
            mailbox: number::as_i64(&get("mailbox-size")).unwrap_or_default(),
            cpu_ms: get("cpu-ms").as_float().unwrap_or_default(),
            recent_ms: 0.0,
            memory: number::as_i64(&get("memory")).unwrap_or_default(),
        }
    }

    fn line(&self) -> String {
        cells(
            &self.shown,
            &self.who,
            &self.doing,
            &self.mailbox.to_string(),
            &format!("{:.1}", self.cpu_ms),
            &format!("{:.1}", self.recent_ms),
            &bytes(self.memory),
        )
    }
}

fn cells(
    pid: &str,
    who: &str,
    doing: &str,
    mailbox: &str,
    cpu: &str,
    now: &str,
    memory: &str,
) -> String {
    let who: String = who.chars().take(18).collect();
    format!("{pid:<16} {mailbox:>8} {cpu:>9} {now:>7} {memory:>8}  {who:<18} {doing}")
}

fn bytes(count: i64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{} KB", count >> 10),
        _ => format!("{} MB", count >> 20),
    }
}

/// Calls a function of core in an actor of its own.
fn call(name: &str, arguments: Vec<Value>) -> Option<Value> {
    let function = {
        let _pin = batuta_runtime::quiescence::pin();
        namespace::find(namespace::CORE, name)?
            .as_object::<VarBody>()?
            .root()?
    };
    let outcome = actor::evaluate(function, arguments);
    outcome.blocking_recv().ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: i64, mailbox: i64, cpu_ms: f64, memory: i64) -> Value {
        map::from_pairs([
            (Value::keyword("pid"), number::int(number)),
            (Value::keyword("kind"), Value::keyword("user/worker")),
            (Value::keyword("status"), Value::keyword("waiting")),
            (Value::keyword("mailbox-size"), number::int(mailbox)),
            (Value::keyword("cpu-ms"), Value::float(cpu_ms)),
            (Value::keyword("memory"), number::int(memory)),
        ])
    }

    fn order(observer: &Observer) -> Vec<&str> {
        observer.rows.iter().map(|row| row.shown.as_str()).collect()
    }

    fn observer() -> Observer {
        let mut observer = Observer::default();
        observer.take(&vector::from_iter([
            seen(1, 5, 10.0, 100),
            seen(2, 9, 20.0, 50),
            seen(3, 7, 0.0, 20_000),
        ]));
        observer
    }

    #[test]
    fn rows_are_sorted_as_the_keys_say() {
        let mut observer = observer();
        assert_eq!(order(&observer), ["2", "3", "1"]);
        assert_eq!(observer.press('b'), Asked::Draw);
        assert_eq!(order(&observer), ["3", "1", "2"]);
        observer.press('c');
        assert_eq!(order(&observer), ["2", "1", "3"]);
        // What counts is what was used since the last look.
        observer.take(&vector::from_iter([
            seen(1, 5, 17.0, 100),
            seen(2, 9, 21.0, 50),
        ]));
        assert_eq!(order(&observer), ["1", "2"]);
    }

    #[test]
    fn the_chosen_row_stays_chosen_and_can_be_killed() {
        let mut observer = observer();
        assert_eq!(observer.press('k'), Asked::Draw, "nobody was chosen");
        observer.press('+');
        assert_eq!(observer.press('k'), Asked::Kill(number::int(3)));
        observer.press('b');
        assert_eq!(observer.press('k'), Asked::Kill(number::int(3)));
        observer.press('-');
        let (lines, chosen) = observer.lines(200, 4);
        assert_eq!((lines.len(), chosen), (4, Some(2)));
        assert!(lines[2].contains("19 KB") && lines[2].contains("user/worker"));
        assert_eq!(observer.press('q'), Asked::Leave);
    }

    #[test]
    fn a_small_screen_shows_the_chosen_row() {
        let mut observer = observer();
        observer.press('+');
        observer.press('+');
        let (lines, chosen) = observer.lines(10, 3);
        assert_eq!((lines.len(), chosen), (3, Some(2)));
        assert!(lines.iter().all(|line| line.chars().count() <= 10));
        assert!(Observer::default().lines(80, 24).1.is_none());
    }
}
