//! Expanded forms to core, IR and machine code.
