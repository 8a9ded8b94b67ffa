//! The arguments of `batuta log`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `batuta log …`: looking at a store, beside the process that writes to it.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct LogArguments {
    /// Write JSON: one document, or one line for each record
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: LogCommand,
}

/// What to do with a store.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum LogCommand {
    /// List the logs
    Ls,
    /// Show what the store, or one log, is made of
    Inspect {
        /// The log [default: the store]
        log: Option<String>,
    },
    /// Look at every byte; exit code 3 if something is damaged
    Verify,
    /// Write what can be read of a damaged store to a new one beside it, and tell what is lost
    Repair {
        /// Only tell
        #[arg(long)]
        dry_run: bool,

        /// The directory of the new store [default: the store's, and `-mended`]
        target: Option<PathBuf>,
    },
    /// Print the records of a log
    Dump(DumpArguments),
    /// Print the last records of a log
    Tail(TailArguments),
    /// Show sizes and times of all logs, or of one by partition
    Stats {
        /// The log
        log: Option<String>,
    },
    /// Measure appends and reads in a store of its own beside this one
    Bench(BenchArguments),
}

/// Which records `dump` prints.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DumpArguments {
    /// The log
    pub log: String,

    /// Only this partition
    #[arg(short, long, value_name = "N")]
    pub partition: Option<u32>,

    /// From this offset on
    #[arg(long, value_name = "OFFSET", default_value_t = 0)]
    pub from: u64,

    /// Up to this offset, without it
    #[arg(long, value_name = "OFFSET")]
    pub to: Option<u64>,

    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u64>,
}

/// Which records `tail` prints.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct TailArguments {
    /// The log
    pub log: String,

    /// Only this partition
    #[arg(short, long, value_name = "N")]
    pub partition: Option<u32>,

    /// So many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    pub lines: usize,

    /// Go on with what is appended, until Ctrl-C
    #[arg(short, long)]
    pub follow: bool,
}

/// What `bench` measures.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct BenchArguments {
    /// Threads that append
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub writers: u32,

    /// Records of one append
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch: u32,

    /// Bytes of a record
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(16..=1_048_576))]
    pub bytes: u32,

    /// How long to append
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,

    /// What an append survives
    #[arg(long, value_name = "LEVEL", default_value = "power")]
    pub durability: DurabilityName,
}

/// What `--durability` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DurabilityName {
    /// A killed process
    Process,
    /// A power cut
    Power,
}
