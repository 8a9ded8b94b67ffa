//! Machine code as text: instructions with the source lines they come from and what they refer to.
//!
//! ```text
//! user/twice:1
//!               ; twice.bat:1: (defn twice [x] (* 2 x))
//!      0        push rbp
//! ```

use std::fmt::Write;

use batuta_compiler::backends::jit::assembly::MachineCode;
use batuta_compiler::ir::function::Place;
use batuta_compiler::session::sources;
use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};

const BITS: u32 = 64;

/// The listing of one function.
pub(crate) fn text_of(code: &MachineCode) -> String {
    let mut out = format!("{}\n", code.name);
    let mut decoder = Decoder::new(BITS, &code.bytes, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_branch_leading_zeros(false);
    let mut instruction = Instruction::default();
    let mut line = String::new();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        let (start, end) = (instruction.ip() as u32, instruction.next_ip() as u32);
        if let Some(now) = source_line(code, start)
            && now != line
        {
            let _ = writeln!(out, "              ; {now}");
            line = now;
        }
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        let _ = write!(out, "{start:6x}        {text}");
        let targets = code.targets.iter();
        for (_, name) in targets.filter(|(at, _)| (start..end).contains(at)) {
            let _ = write!(out, "  ; {name}");
        }
        out.push('\n');
    }
    out.push('\n');
    out
}

/// Where the instruction at an offset comes from, if that is known.
fn source_line(code: &MachineCode, offset: u32) -> Option<String> {
    let (_, place) = code.places.iter().find(|(at, _)| at.contains(&offset))?;
    (!place.span.is_none()).then(|| line_of(place))
}

fn line_of(place: &Place) -> String {
    let (name, text) = (
        sources().name(place.span.source),
        sources().text(place.span.source),
    );
    let (number, _) = sources().line_col(place.span);
    let line = text.lines().nth(number.saturating_sub(1) as usize);
    let line = line.unwrap_or_default().trim();
    match &place.inlined {
        Some(inlined) => format!("{name}:{number}: {line}  (inlined {})", inlined.function),
        None => format!("{name}:{number}: {line}"),
    }
}
