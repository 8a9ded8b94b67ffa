//! Keywords: interned once per process, never freed, compared by pointer.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock, RwLock};

use super::{TAG_KEYWORD, TAG_MASK, Value};

/// The immortal part of a keyword. `text` is `ns/name` or `name`, without the colon.
#[derive(Debug)]
#[repr(C, align(8))]
pub struct KeywordData {
    /// Clojure's hash of the keyword.
    pub hash: u32,
    slash: u32,
    text: Box<str>,
    /// The name as a string, once somebody has asked for it.
    name: OnceLock<Value>,
}

impl KeywordData {
    /// Full text without the colon.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Namespace part.
    pub fn namespace(&self) -> Option<&str> {
        (self.slash > 0).then(|| &self.text[..self.slash as usize])
    }

    /// Name part as a string, the same one each time.
    pub fn name_value(&self) -> &Value {
        self.name.get_or_init(|| {
            let name = Value::str(self.name());
            name.publish_for_good();
            name
        })
    }

    /// Name part.
    pub fn name(&self) -> &str {
        if self.slash > 0 {
            &self.text[self.slash as usize + 1..]
        } else {
            &self.text
        }
    }
}

static TABLE: LazyLock<RwLock<HashMap<&'static str, &'static KeywordData>>> =
    LazyLock::new(Default::default);

fn intern(text: &str) -> &'static KeywordData {
    let read = TABLE
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(data) = read.get(text) {
        return data;
    }
    drop(read);
    let mut table = TABLE
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(data) = table.get(text) {
        return data;
    }
    let slash = split_at(text).unwrap_or(0) as u32;
    let hash = super::hash::keyword_hash(text, slash as usize);
    let data: &'static KeywordData = Box::leak(Box::new(KeywordData {
        hash,
        slash,
        text: text.into(),
        name: OnceLock::new(),
    }));
    table.insert(data.text(), data);
    data
}

/// Where the slash between namespace and name stands, if there is one: the first slash that has
/// something on either side.
pub(crate) fn split_at(text: &str) -> Option<usize> {
    let slash = text.find('/')?;
    (slash > 0 && slash + 1 < text.len()).then_some(slash)
}

impl Value {
    /// The keyword with this text (`"name"` or `"ns/name"`, no colon).
    pub fn keyword(text: &str) -> Value {
        Value(std::ptr::from_ref(intern(text)) as u64 | TAG_KEYWORD)
    }

    /// The keyword's immortal data.
    #[inline]
    pub fn as_keyword(&self) -> Option<&'static KeywordData> {
        if self.0 & TAG_MASK == TAG_KEYWORD {
            // SAFETY: keyword words are made by `Value::keyword` only, from leaked data.
            Some(unsafe { &*((self.0 & !TAG_MASK) as *const KeywordData) })
        } else {
            None
        }
    }

    /// Is it the keyword with this text?
    pub fn is_keyword(&self, text: &str) -> bool {
        self.as_keyword().is_some_and(|k| k.text() == text)
    }
}
