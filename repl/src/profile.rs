//! `--profile`: samples of the running program, drawn as a flame graph by the names of functions.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use batuta_compiler::backends::jit::code_map::{self, functions_at};
use batuta_compiler::backends::jit::code_range;
use batuta_runtime::abi;
use batuta_runtime::function::{CodeSource, FunctionBody, VarBody};
use batuta_runtime::namespace;
use batuta_runtime::profile::{self, Leaf, Profile, Stack};

use crate::flame_graph::FlameGraph;
use crate::report;

static DRAWING: OnceLock<PathBuf> = OnceLock::new();

/// Starts to take samples, to be drawn into this file when the process ends.
///
/// # Errors
/// The file cannot be written, or the system refuses signals.
pub(crate) fn start(drawing: &Path) -> io::Result<()> {
    File::create(drawing)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", drawing.display())))?;
    DRAWING.get_or_init(|| drawing.to_owned());
    code_map::keep();
    profile::at_end(finish);
    profile::start(code_range()?)
}

/// Stops and draws; at the second call there is nothing left to do.
fn finish() {
    let (Some(drawing), Some(profile)) = (DRAWING.get(), profile::stop()) else {
        return;
    };
    let graph = graph_of(&profile);
    let samples: u64 = profile.stacks.values().sum();
    let lost = match profile.lost {
        0 => String::new(),
        lost => format!(" ({lost} more were lost)"),
    };
    match std::fs::write(drawing, graph.svg()) {
        Ok(()) => report::tell_line(&format!(
            "profile: {samples} samples{lost}, drawn in {}",
            drawing.display()
        )),
        Err(error) => report::tell_line(&format!(
            "the profile cannot be written to {}: {error}",
            drawing.display()
        )),
    }
}

fn graph_of(profile: &Profile) -> FlameGraph {
    let natives = native_functions();
    let mut graph = FlameGraph::default();
    for (stack, count) in &profile.stacks {
        graph.add(&names_of(stack, &natives), *count);
    }
    graph
}

/// Names by the word of the function object, of all native functions that have a var.
fn native_functions() -> HashMap<u64, String> {
    let mut natives = HashMap::new();
    for space in namespace::all() {
        for name in namespace::names(&space) {
            let _pin = batuta_runtime::quiescence::pin();
            let var = namespace::find(&space, &name);
            let root = var.and_then(|var| var.as_object::<VarBody>()?.root());
            let Some(function) = root.as_ref().and_then(|r| r.as_object::<FunctionBody>()) else {
                continue;
            };
            if let (CodeSource::Native(builtin), Some(root)) = (&function.code.source, &root) {
                natives.insert(root.word(), builtin.name.to_owned());
            }
        }
    }
    natives
}

/// The functions of a stack, outermost first.
fn names_of(stack: &Stack, natives: &HashMap<u64, String>) -> Vec<String> {
    let mut names: Vec<String> = match stack.leaf {
        Leaf::Compiled => Vec::new(),
        Leaf::Native(function) => vec![match natives.get(&function) {
            Some(name) => name.clone(),
            None => "a native function".to_owned(),
        }],
        Leaf::Entry(address) => vec![runtime_entry(address)],
        Leaf::Runtime => vec!["(runtime)".to_owned()],
        Leaf::Outside => vec!["(compiler, scheduler, input and output)".to_owned()],
    };
    for (depth, address) in stack.frames.iter().enumerate() {
        // A return address may be the first one behind the function.
        let is_innermost = depth == 0 && stack.leaf == Leaf::Compiled;
        let within = if is_innermost { *address } else { address - 1 };
        let functions = functions_at(within);
        names.extend(functions.iter().map(|name| report::function_name(name)));
    }
    if stack.is_cut {
        names.push("(deeper)".to_owned());
    }
    names.reverse();
    names
}

fn runtime_entry(address: usize) -> String {
    let entry = abi::ENTRIES
        .iter()
        .find(|entry| entry.address as usize == address);
    match entry {
        Some(entry) => format!("(runtime {})", entry.name.trim_start_matches("bt_")),
        None => "(runtime)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_function_of_the_program_has_a_name_too() {
        let mut stack = Stack {
            leaf: Leaf::Outside,
            frames: Vec::new(),
            is_cut: true,
        };
        let natives = HashMap::from([(8, "sort".to_owned())]);
        let outside = "(compiler, scheduler, input and output)";
        assert_eq!(names_of(&stack, &natives), ["(deeper)", outside]);
        stack.is_cut = false;
        stack.leaf = Leaf::Native(8);
        assert_eq!(names_of(&stack, &natives), ["sort"]);
        stack.leaf = Leaf::Native(16);
        assert_eq!(names_of(&stack, &natives), ["a native function"]);
        stack.leaf = Leaf::Entry(1);
        assert_eq!(names_of(&stack, &natives), ["(runtime)"]);
    }
}
