//! Malformed programs get reports that name file, line and cause.
//!
//! Each `malformed/*.bat` has a snapshot of what is told about it. A new file gets one by
//! `INSTA_UPDATE=always cargo test diagnostics`, to be read before it is kept.

use crate::process::{command, finish, programs, root};

#[test]
fn every_malformed_program_gets_its_report() {
    let folder = root().join("tests/malformed");
    let names = programs("tests/malformed");
    assert!(names.len() >= 20, "only {} programs", names.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder.join("reports"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in &names {
        let report = report(&format!("{name}.bat"));
        settings.bind(|| insta::assert_snapshot!(name.as_str(), report));
    }
}

fn report(name: &str) -> String {
    let mut command = command(&["run", name]);
    command.current_dir(root().join("tests/malformed"));
    let ended = finish(command);
    let code = ended
        .code
        .unwrap_or_else(|| panic!("{name} was ended by a signal: {ended:?}"));
    assert!([1, 2].contains(&code), "{name}: {ended:?}");
    assert!(
        ended.stderr.contains(&format!("{name}:")),
        "{name}: no place in\n{}",
        ended.stderr
    );
    assert!(
        !ended.stderr.contains("panicked"),
        "{name}: {}",
        ended.stderr
    );
    format!("exit code {code}\n{}", without_depth(&ended.stderr))
}

/// How many frames fit on a stack, and how actors are numbered, differs from build to build.
fn without_depth(report: &str) -> String {
    let line = |line: &str| match line.strip_suffix(" more …") {
        Some(_) => "    … N more …\n".to_owned(),
        None => format!("{}\n", without_actor_number(line)),
    };
    report.lines().map(line).collect()
}

fn without_actor_number(line: &str) -> String {
    let parts = line.split_once("#actor<").and_then(|(before, rest)| {
        let (_, after) = rest.split_once('>')?;
        Some(format!("{before}#actor<N>{after}"))
    });
    parts.unwrap_or_else(|| line.to_owned())
}

/// What fails in the library is told at the line of the program, in tail position too.
#[test]
fn a_fault_within_the_library_names_the_programs_line() {
    let calls = [
        "(deploy-map :nobody (fn [_ n] n) [1])",
        "(stream/window -1 [1])",
        "(supervisor/start-link {:strategy :all :children []})",
        "(async/map inc [1] :max 0)",
    ];
    for call in calls {
        let program = format!("(defn work []\n  {call})\n(work)\n");
        let told = crate::process::script(&program).failed(1);
        let shown = told
            .lines()
            .find(|line| line.contains("╭─["))
            .unwrap_or_default();
        assert!(shown.contains("<stdin>:2:"), "{call}: {told}");
        assert!(!told.contains("stdlib/"), "{call}: {told}");
    }
}
