//! What the expander has to say.
