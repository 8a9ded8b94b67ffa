//! Integer arithmetic that reports overflow.
//!
//! DataFusion's own operators wrap; a sum that silently changes its sign is no answer. The functions
//! here are only used where both sides are integers.

use std::sync::{Arc, LazyLock};

use arrow::compute::kernels::numeric::{add, mul, sub};
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr_common::datum::apply;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CheckedOperation {
    Add,
    Subtract,
    Multiply,
}

/// The function for an operation.
pub(super) fn checked(operation: CheckedOperation) -> Arc<ScalarUDF> {
    static ADD: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| make(CheckedOperation::Add));
    static SUBTRACT: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| make(CheckedOperation::Subtract));
    static MULTIPLY: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| make(CheckedOperation::Multiply));
    match operation {
        CheckedOperation::Add => Arc::clone(&ADD),
        CheckedOperation::Subtract => Arc::clone(&SUBTRACT),
        CheckedOperation::Multiply => Arc::clone(&MULTIPLY),
    }
}

fn make(operation: CheckedOperation) -> Arc<ScalarUDF> {
    let signature = Signature::exact(
        vec![DataType::Int64, DataType::Int64],
        Volatility::Immutable,
    );
    Arc::new(ScalarUDF::from(CheckedInteger {
        operation,
        signature,
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CheckedInteger {
    operation: CheckedOperation,
    signature: Signature,
}

impl ScalarUDFImpl for CheckedInteger {
    fn name(&self) -> &str {
        match self.operation {
            CheckedOperation::Add => "add",
            CheckedOperation::Subtract => "subtract",
            CheckedOperation::Multiply => "multiply",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let [left, right] = <[ColumnarValue; 2]>::try_from(args.args)
            .map_err(|_| exec_datafusion_err!("{} takes two arguments", self.name()))?;
        match self.operation {
            CheckedOperation::Add => apply(&left, &right, add),
            CheckedOperation::Subtract => apply(&left, &right, sub),
            CheckedOperation::Multiply => apply(&left, &right, mul),
        }
    }
}
