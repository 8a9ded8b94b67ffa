//! Links the binary at a fixed address: with all of DataFusion's relocations a position-independent
//! one spends several times as long in the dynamic loader as the program needs to start.

fn main() {
    println!("cargo:rustc-link-arg-bins=-no-pie");
    println!("cargo:rerun-if-changed=build.rs");
}
