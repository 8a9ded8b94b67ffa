//! DLog as Batuta sees it: values and Arrow, query forms and plans, native builtins.
