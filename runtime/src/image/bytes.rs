//! The primitives of an image: numbers of variable length, texts.

/// Writes an image.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first; all but the last have the top bit.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// An index or length.
    pub fn size(&mut self, size: usize) {
        self.number(size as u64);
    }

    /// A text with its length.
    pub fn text(&mut self, text: &str) {
        self.size(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A number, always of eight bytes.
    pub fn word(&mut self, word: u64) {
        self.0.extend_from_slice(&word.to_le_bytes());
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// All that was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads an image. The compiler of the same version has written it, so that every read finds what
/// it looks for.
pub struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// At the start of these bytes.
    pub fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader(bytes)
    }

    fn take(&mut self, count: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    /// What [`Writer::number`] wrote.
    pub fn number(&mut self) -> u64 {
        let mut number = 0;
        let mut shift = 0;
        loop {
            let byte = self.take(1)[0];
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    }

    /// What [`Writer::size`] wrote.
    pub fn size(&mut self) -> usize {
        self.number() as usize
    }

    /// What [`Writer::text`] wrote.
    pub fn text(&mut self) -> &'b str {
        let length = self.size();
        std::str::from_utf8(self.take(length)).expect("the compiler writes texts of UTF-8")
    }

    /// What [`Writer::word`] wrote.
    pub fn word(&mut self) -> u64 {
        let bytes = self.take(8).try_into();
        u64::from_le_bytes(bytes.expect("eight bytes were taken"))
    }

    /// So many items, each read by `read`.
    pub fn many<T>(&mut self, mut read: impl FnMut(&mut Reader<'b>) -> T) -> Vec<T> {
        let count = self.size();
        (0..count).map(|_| read(self)).collect()
    }

    /// Is everything read?
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut writer = Writer::default();
        numbers.iter().for_each(|number| writer.number(*number));
        writer.text("λ é");
        writer.word(7);
        writer.text("");
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert_eq!(numbers.map(|_| reader.number()), numbers);
        assert_eq!((reader.text(), reader.word()), ("λ é", 7));
        assert_eq!(reader.text(), "");
        assert!(reader.is_at_end());
    }
}
