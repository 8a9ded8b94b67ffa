//! A parser of well-formed JSON into a tree, by hand: the standard library has none.
use std::collections::HashMap;

enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Float(#[allow(dead_code)] f64),
    Text(String),
    Array(Vec<Json>),
    Object(HashMap<String, Json>),
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> u8 {
        while self.text[self.at].is_ascii_whitespace() {
            self.at += 1;
        }
        self.text[self.at]
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, value: Json) -> Json {
        assert!(self.text[self.at..].starts_with(word.as_bytes()));
        self.at += word.len();
        value
    }

    fn value(&mut self) -> Json {
        match self.peek() {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => Json::Text(self.string()),
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Json {
        let mut map = HashMap::new();
        self.at += 1;
        while !self.accept(b'}') {
            self.peek();
            let key = self.string();
            assert!(self.accept(b':'));
            map.insert(key, self.value());
            self.accept(b',');
        }
        Json::Object(map)
    }

    fn array(&mut self) -> Json {
        let mut items = Vec::new();
        self.at += 1;
        while !self.accept(b']') {
            items.push(self.value());
            self.accept(b',');
        }
        Json::Array(items)
    }

    fn number(&mut self) -> Json {
        let start = self.at;
        while matches!(self.text[self.at], b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.text[start..self.at]).expect("ASCII");
        match digits.parse() {
            Ok(int) => Json::Int(int),
            Err(_) => Json::Float(digits.parse().expect("a number")),
        }
    }

    fn string(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            self.at += 1;
            match self.text[self.at] {
                b'"' => break,
                b'\\' => bytes.extend(self.escape().to_string().as_bytes()),
                byte => bytes.push(byte),
            }
        }
        self.at += 1;
        String::from_utf8(bytes).expect("it is UTF-8")
    }

    fn escape(&mut self) -> char {
        self.at += 1;
        match self.text[self.at] {
            b'n' => '\n',
            b't' => '\t',
            b'u' => {
                let digits = &self.text[self.at + 1..self.at + 5];
                self.at += 4;
                let digits = std::str::from_utf8(digits).expect("ASCII");
                let code = u32::from_str_radix(digits, 16).expect("hexadecimal");
                char::from_u32(code).expect("no surrogate")
            }
            byte => char::from(byte),
        }
    }
}

fn weigh(value: &Json) -> i64 {
    match value {
        Json::Null | Json::Float(_) => 0,
        Json::Bool(b) => i64::from(*b),
        Json::Int(n) => *n,
        Json::Text(text) => text.chars().count() as i64,
        Json::Array(items) => items.iter().fold(1, |sum, item| sum + weigh(item)),
        Json::Object(map) => map.values().fold(1, |sum, item| sum + weigh(item)),
    }
}

fn main() {
    let text = std::fs::read(std::env::args().nth(1).expect("a file")).expect("it is there");
    println!("{}", weigh(&Parser { text: &text, at: 0 }.value()));
}
