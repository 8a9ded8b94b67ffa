//! From Java's notation to the engine's.
//!
//! One pass over the characters, with a stack of open groups and no recursion but for nested
//! classes, whose depth is limited. Flags are tracked here, and what they change is written out,
//! so that only `i` reaches the engine. A possessive quantifier has no counterpart there: it is
//! the greedy one at the end of an expression, and before a single character it takes its own
//! characters from that; elsewhere it is refused.

use super::classes;
use crate::failure::{Fault, FaultKind};

mod class;

/// Deepest nesting of groups or classes; the engine's own limit is a little higher.
const DEPTH_MAX: usize = 200;

/// The engine's notation for an expression in Java's.
pub(super) fn translate(source: &str) -> Result<String, Fault> {
    let mut translator = Translator {
        chars: source.chars().collect(),
        at: 0,
        out: String::new(),
        flags: Flags::default(),
        groups: Vec::new(),
        atom: None,
        pending: Pending::Nothing,
    };
    translator.run()?;
    Ok(translator.out)
}

/// What the inline flags `(?dimsxU)` change.
#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    unix_lines: bool,
    comments: bool,
    unicode: bool,
}

struct Group {
    outer: Flags,
    has_branches: bool,
}

/// What was written last, for a quantifier behind it.
struct Atom {
    /// As an item of a bracket class, if it is one character.
    set: Option<String>,
    /// The same without what a possessive quantifier took from it.
    unreduced: Option<String>,
}

/// What a possessive quantifier asks of what follows.
enum Pending {
    Nothing,
    /// The next character must not be of this set.
    Without(String),
    /// Nothing may follow.
    End,
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    flags: Flags,
    groups: Vec<Group>,
    atom: Option<Atom>,
    pending: Pending,
}

impl Translator {
    fn run(&mut self) -> Result<(), Fault> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => {
                    let set = self.class(0)?;
                    self.one(set)?;
                }
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => self.branch()?,
                '^' => self.line_edge(r"\A", "^"),
                '$' => {
                    if !self.flags.multi_line {
                        self.pending = Pending::Nothing;
                    }
                    self.line_edge(r"\z", "$");
                }
                '.' => {
                    let set = match (self.flags.dot_all, self.flags.unix_lines) {
                        (true, _) => r"\x{0}-\x{10FFFF}".to_owned(),
                        (false, true) => classes::set(r"\n", true),
                        (false, false) => classes::set(classes::LINE_ENDS, true),
                    };
                    self.one(set)?;
                }
                '*' | '+' | '?' => self.quantifier(c)?,
                '{' => self.counted()?,
                c if self.flags.comments && c.is_whitespace() => {}
                '#' if self.flags.comments => while self.next().is_some_and(|c| c != '\n') {},
                c => self.one(classes::literal(c))?,
            }
        }
        if self.groups.is_empty() {
            return Ok(());
        }
        Err(self.wrong("unclosed group"))
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        self.at += usize::from(is_next);
        is_next
    }

    /// The characters up to `end`, which is skipped.
    fn until(&mut self, end: char) -> Option<String> {
        let length = self.chars[self.at..].iter().position(|c| *c == end)?;
        let text = self.chars[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    #[cold]
    fn wrong(&self, what: &str) -> Fault {
        let message = format!("not a regular expression: {what}");
        Fault::new(FaultKind::Syntax, message)
    }

    #[cold]
    fn refused(&self, what: &str) -> Fault {
        let message = format!(
            "{what} at character {} of the regular expression cannot be matched in linear time",
            self.at
        );
        Fault::new(FaultKind::Syntax, message)
            .hint("match more and look at the groups, or use several expressions")
    }

    /// One character out of a set.
    fn one(&mut self, set: String) -> Result<(), Fault> {
        let reduced = match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => None,
            Pending::Without(taken) => Some(format!("[{set}]--[{taken}]")),
            Pending::End => {
                return Err(self.refused("a possessive quantifier before this"));
            }
        };
        self.out
            .push_str(&format!("[{}]", reduced.as_ref().unwrap_or(&set)));
        self.atom = Some(Atom {
            unreduced: reduced.as_ref().map(|_| set.clone()),
            set: Some(reduced.unwrap_or(set)),
        });
        Ok(())
    }

    /// Something that matches no character.
    fn edge(&mut self, text: &str) {
        self.out.push_str(text);
        self.atom = Some(Atom {
            set: None,
            unreduced: None,
        });
    }

    fn line_edge(&mut self, of_text: &str, of_line: &str) {
        let text = match (self.flags.multi_line, self.flags.unix_lines) {
            (false, _) => of_text.to_owned(),
            (true, true) => format!("(?m:{of_line})"),
            (true, false) => format!("(?mR:{of_line})"),
        };
        self.edge(&text);
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some('Q') => {
                self.at += 1;
                while let Some(c) = self.next() {
                    if c == '\\' && self.skip('E') {
                        break;
                    }
                    self.one(classes::literal(c))?;
                }
                return Ok(());
            }
            // The end of a quotation that nobody began.
            Some('E') => self.at += 1,
            Some('b' | 'B') => {
                let letter = if self.next() == Some('b') { 'b' } else { 'B' };
                if self.peek() == Some('{') {
                    return Err(self.refused("a boundary of grapheme clusters"));
                }
                let flag = if self.flags.unicode { "" } else { "-u" };
                if letter == 'B' {
                    // Without Unicode the engine's \B may split a character.
                    self.edge(r"\B");
                } else {
                    self.edge(&format!("(?{flag}:\\{letter})"));
                }
            }
            Some('A') => {
                self.at += 1;
                self.edge(r"\A");
            }
            Some('z' | 'Z') => {
                self.at += 1;
                self.pending = Pending::Nothing;
                self.edge(r"\z");
            }
            Some('R') => {
                self.at += 1;
                self.group_text(&format!(r"(?:\r\n|[{}])", classes::VERTICAL))?;
            }
            Some('G' | 'X') => return Err(self.refused("\\G or \\X")),
            Some('k') => return Err(self.refused("a back-reference")),
            Some('1'..='9') => return Err(self.refused("a back-reference")),
            _ => {
                let set = self.escaped_set()?;
                self.one(set)?;
            }
        }
        Ok(())
    }

    fn group_text(&mut self, text: &str) -> Result<(), Fault> {
        if !matches!(self.pending, Pending::Nothing) {
            return Err(self.refused("a possessive quantifier before this"));
        }
        self.edge(text);
        Ok(())
    }

    /// What a backslash and what follows it mean, as an item of a class.
    fn escaped_set(&mut self) -> Result<String, Fault> {
        let Some(letter) = self.next() else {
            return Err(self.wrong("it ends in the middle of an escape"));
        };
        if let Some(set) = classes::escaped(letter, self.flags.unicode) {
            return Ok(set);
        }
        if matches!(letter, 'p' | 'P') {
            return self.property(letter == 'P');
        }
        self.escaped_char(letter).map(classes::literal)
    }

    fn property(&mut self, negated: bool) -> Result<String, Fault> {
        let name = match self.next() {
            Some('{') => self.until('}'),
            Some(letter) => Some(letter.to_string()),
            None => None,
        };
        let found = name
            .as_ref()
            .and_then(|name| classes::property(name, negated));
        found.ok_or_else(|| {
            let name = name.unwrap_or_default();
            self.wrong(&format!("no character property is called {name:?}"))
        })
    }

    fn escaped_char(&mut self, letter: char) -> Result<char, Fault> {
        let code = match letter {
            't' => 9,
            'n' => 10,
            'r' => 13,
            'f' => 12,
            'a' => 7,
            'e' => 27,
            'c' => match self.next() {
                Some(c) if c.is_ascii() => c as u32 ^ 64,
                _ => return Err(self.wrong("no control character behind \\c")),
            },
            '0' => self.digits(8, 1, 3)?,
            'x' if self.skip('{') => {
                let code = self.digits(16, 1, 6)?;
                if !self.skip('}') {
                    return Err(self.wrong("\\x{ without its }"));
                }
                code
            }
            'x' => self.digits(16, 2, 2)?,
            'u' => self.utf16()?,
            c if c.is_ascii_alphabetic() => {
                return Err(self.wrong(&format!("unrecognized escape sequence \\{c}")));
            }
            c => c as u32,
        };
        char::from_u32(code).ok_or_else(|| self.wrong("a number that is no character"))
    }

    /// `\uD83D\uDE00` is one character, as in Java.
    fn utf16(&mut self) -> Result<u32, Fault> {
        let unit = self.digits(16, 4, 4)?;
        let low_follows = (0xD800..0xDC00).contains(&unit)
            && self.chars.get(self.at..self.at + 2) == Some(&['\\', 'u']);
        if !low_follows {
            return Ok(unit);
        }
        self.at += 2;
        let low = self.digits(16, 4, 4)?;
        Ok(0x1_0000 + ((unit - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF))
    }

    fn digits(&mut self, radix: u32, min: usize, max: usize) -> Result<u32, Fault> {
        let mut number = 0;
        let mut count = 0;
        while count < max
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(radix))
        {
            number = number * radix + digit;
            self.at += 1;
            count += 1;
        }
        if count < min {
            return Err(self.wrong("an escape with too few digits"));
        }
        Ok(number)
    }

    fn open(&mut self) -> Result<(), Fault> {
        if self.groups.len() >= DEPTH_MAX {
            return Err(self.wrong("groups nested too deep"));
        }
        if !matches!(self.pending, Pending::Nothing) {
            return Err(self.refused("a possessive quantifier before this"));
        }
        let outer = self.flags;
        let opening = if self.skip('?') {
            match self.group_kind()? {
                Some(opening) => opening,
                None => return Ok(()),
            }
        } else {
            "(".to_owned()
        };
        self.groups.push(Group {
            outer,
            has_branches: false,
        });
        // Remembered for the quantifier behind the group.
        self.out.push_str(&opening);
        self.atom = None;
        Ok(())
    }

    /// Behind `(?`: how the group opens; `None` if it only sets flags.
    fn group_kind(&mut self) -> Result<Option<String>, Fault> {
        match self.peek() {
            Some(':') => {
                self.at += 1;
                Ok(Some("(?:".to_owned()))
            }
            Some('=' | '!') => Err(self.refused("look-ahead")),
            Some('>') => Err(self.refused("an atomic group")),
            Some('<') => {
                self.at += 1;
                if matches!(self.peek(), Some('=' | '!')) {
                    return Err(self.refused("look-behind"));
                }
                match self.until('>') {
                    Some(name) => Ok(Some(format!("(?<{name}>"))),
                    None => Err(self.wrong("the name of a group without its >")),
                }
            }
            _ => self.flag_group(),
        }
    }

    fn flag_group(&mut self) -> Result<Option<String>, Fault> {
        let mut sets = true;
        let mut flags = self.flags;
        loop {
            match self.next() {
                Some('-') => sets = false,
                Some('i') => flags.ignore_case = sets,
                Some('m') => flags.multi_line = sets,
                Some('s') => flags.dot_all = sets,
                Some('d') => flags.unix_lines = sets,
                Some('x') => flags.comments = sets,
                Some('U') => flags.unicode = sets,
                // Letters are compared as Unicode's anyway; canonical equivalence changes nothing
                // for text in one normal form.
                Some('u' | 'c') => {}
                Some(end @ (')' | ':')) => {
                    let flag = match (self.flags.ignore_case, flags.ignore_case) {
                        (false, true) => "i",
                        (true, false) => "-i",
                        _ => "",
                    };
                    self.flags = flags;
                    if end == ':' {
                        return Ok(Some(format!("(?{flag}:")));
                    }
                    if flag.is_empty() {
                        self.edge("(?:)");
                    } else {
                        self.out.push_str(&format!("(?{flag})"));
                        self.atom = None;
                    }
                    return Ok(None);
                }
                Some(c) => return Err(self.wrong(&format!("unrecognized flag {c:?}"))),
                None => return Err(self.wrong("unclosed group")),
            }
        }
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(group) = self.groups.pop() else {
            return Err(self.wrong("unopened group"));
        };
        if group.has_branches && matches!(self.pending, Pending::Without(_)) {
            self.pending = Pending::End;
        }
        self.flags = group.outer;
        self.out.push(')');
        self.atom = Some(Atom {
            set: None,
            unreduced: None,
        });
        Ok(())
    }

    fn branch(&mut self) -> Result<(), Fault> {
        match self.groups.last_mut() {
            Some(group) => {
                group.has_branches = true;
                if !matches!(self.pending, Pending::Nothing) {
                    return Err(self.refused("a possessive quantifier before this"));
                }
            }
            None => self.pending = Pending::Nothing,
        }
        self.out.push('|');
        self.atom = None;
        Ok(())
    }

    fn counted(&mut self) -> Result<(), Fault> {
        let Some(counts) = self.until('}') else {
            return Err(self.wrong("unclosed counted repetition"));
        };
        let is_count = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        let is_valid = match counts.split_once(',') {
            Some((min, max)) => is_count(min) && (max.is_empty() || is_count(max)),
            None => is_count(&counts),
        };
        if !is_valid {
            return Err(self.wrong("a repetition wants a number of times"));
        }
        self.repeat(&format!("{{{counts}}}"), false)
    }

    fn quantifier(&mut self, c: char) -> Result<(), Fault> {
        self.repeat(&c.to_string(), c != '?')
    }

    /// Writes a quantifier; `unbounded` if it is `*` or `+`.
    fn repeat(&mut self, times: &str, unbounded: bool) -> Result<(), Fault> {
        let Some(atom) = self.atom.take() else {
            return Err(self.wrong("repetition operator missing expression"));
        };
        if !matches!(self.pending, Pending::Nothing) {
            return Err(self.refused("a possessive quantifier inside a repetition"));
        }
        let is_possessive = self.skip('+');
        if let Some(unreduced) = atom.unreduced {
            if times != "+" {
                return Err(self.refused("a possessive quantifier before a repetition"));
            }
            self.out.push_str(&format!("[{unreduced}]*"));
            if is_possessive {
                self.pending = Pending::Without(unreduced);
                return Ok(());
            }
        } else {
            self.out.push_str(times);
        }
        if is_possessive {
            self.pending = match atom.set {
                Some(set) if unbounded => Pending::Without(set),
                _ => Pending::End,
            };
        } else if self.skip('?') {
            self.out.push('?');
        }
        Ok(())
    }
}
