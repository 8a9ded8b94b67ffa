//! The numeric operators of the IR. To add one: a variant, its name, an ABI entry `bt_NAME`, then
//! follow the compile errors.

/// Arithmetic with inline paths for small integers and floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithOp {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Exact quotient.
    Div,
    /// Quotient rounded towards zero.
    Quot,
    /// What `Quot` leaves.
    Rem,
    /// The remainder with the sign of the divisor.
    Mod,
    /// Bits set in both.
    BitAnd,
    /// Bits set in either.
    BitOr,
    /// Bits set in one of them.
    BitXor,
    /// Times a power of two.
    ShiftLeft,
    /// Divided by a power of two, rounded down.
    ShiftRight,
    /// The greater one.
    Max,
    /// The lesser one.
    Min,
}

/// Arithmetic of one number, with the same paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// The number with its sign turned.
    Neg,
    /// The magnitude.
    Abs,
    /// All bits turned.
    BitNot,
    /// Square root, a float.
    Sqrt,
    /// The integer part, which must fit 64 bits.
    ToLong,
    /// The integer part, which must fit 32 bits.
    ToInt,
    /// The nearest float.
    ToDouble,
}

/// Numeric comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `zero?`; the second operand is the constant 0, here and below.
    Zero,
    /// `pos?`
    Pos,
    /// `neg?`
    Neg,
    /// `even?`
    Even,
    /// `odd?`
    Odd,
}

impl CompareOp {
    /// The comparison of both operands that it is; none for a test of bits.
    pub fn order(self) -> Option<CompareOp> {
        match self {
            CompareOp::Zero => Some(CompareOp::Eq),
            CompareOp::Pos => Some(CompareOp::Gt),
            CompareOp::Neg => Some(CompareOp::Lt),
            CompareOp::Even | CompareOp::Odd => None,
            order => Some(order),
        }
    }
}

impl ArithOp {
    /// All of them.
    pub const ALL: [ArithOp; 14] = [
        ArithOp::Add,
        ArithOp::Sub,
        ArithOp::Mul,
        ArithOp::Div,
        ArithOp::Quot,
        ArithOp::Rem,
        ArithOp::Mod,
        ArithOp::BitAnd,
        ArithOp::BitOr,
        ArithOp::BitXor,
        ArithOp::ShiftLeft,
        ArithOp::ShiftRight,
        ArithOp::Max,
        ArithOp::Min,
    ];

    /// Its name in the text of the IR; that of its stub and of its ABI entry end with it.
    pub fn name(self) -> &'static str {
        match self {
            ArithOp::Add => "add",
            ArithOp::Sub => "sub",
            ArithOp::Mul => "mul",
            ArithOp::Div => "div",
            ArithOp::Quot => "quot",
            ArithOp::Rem => "rem",
            ArithOp::Mod => "mod",
            ArithOp::BitAnd => "bit_and",
            ArithOp::BitOr => "bit_or",
            ArithOp::BitXor => "bit_xor",
            ArithOp::ShiftLeft => "shift_left",
            ArithOp::ShiftRight => "shift_right",
            ArithOp::Max => "max",
            ArithOp::Min => "min",
        }
    }
}

impl UnaryOp {
    /// All of them.
    pub const ALL: [UnaryOp; 7] = [
        UnaryOp::Neg,
        UnaryOp::Abs,
        UnaryOp::BitNot,
        UnaryOp::Sqrt,
        UnaryOp::ToLong,
        UnaryOp::ToInt,
        UnaryOp::ToDouble,
    ];

    /// Its name in the text of the IR; that of its stub and of its ABI entry end with it.
    pub fn name(self) -> &'static str {
        match self {
            UnaryOp::Neg => "neg",
            UnaryOp::Abs => "abs",
            UnaryOp::BitNot => "bit_not",
            UnaryOp::Sqrt => "sqrt",
            UnaryOp::ToLong => "to_long",
            UnaryOp::ToInt => "to_int",
            UnaryOp::ToDouble => "to_double",
        }
    }
}

impl CompareOp {
    /// All of them.
    pub const ALL: [CompareOp; 10] = [
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
        CompareOp::Eq,
        CompareOp::Zero,
        CompareOp::Pos,
        CompareOp::Neg,
        CompareOp::Even,
        CompareOp::Odd,
    ];

    /// Its name in the text of the IR; that of its stub and of its ABI entry end with it.
    pub fn name(self) -> &'static str {
        match self {
            CompareOp::Lt => "lt",
            CompareOp::Le => "le",
            CompareOp::Gt => "gt",
            CompareOp::Ge => "ge",
            CompareOp::Eq => "num_eq",
            CompareOp::Zero => "is_zero",
            CompareOp::Pos => "is_pos",
            CompareOp::Neg => "is_neg",
            CompareOp::Even => "is_even",
            CompareOp::Odd => "is_odd",
        }
    }
}
