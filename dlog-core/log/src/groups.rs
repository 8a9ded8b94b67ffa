//! Consumer groups: who reads which partition, and how far a group has read.
//!
//! Members are open handles of this process. Whenever one comes or goes the group has a new
//! generation, and what an older generation commits is refused; positions and generations are
//! commits of the journal like any other, so a position can ride with the records it led to.

use std::collections::BTreeMap;

use parking_lot::MutexGuard;
use serde::{Deserialize, Serialize};

use crate::bound;
use crate::catalogue::{Change, Durability};
use crate::commit::Pending;
use crate::error::{AppendError, ReadError};
use crate::ids::{LogId, Offset, PartitionId};
use crate::intake::{self, AppendBatch};
use crate::producers::AppendOptions;
use crate::store::Store;
use crate::ticket::{AppendTicket, Receipt};

/// All groups of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Groups {
    by_name: BTreeMap<String, Group>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    generation: u64,
    positions: Vec<Position>,
    #[serde(skip)]
    members: Vec<u64>,
    #[serde(skip)]
    logs: Vec<String>,
}

/// The next record a group reads of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) log: LogId,
    pub(crate) partition: PartitionId,
    pub(crate) next: Offset,
}

impl Groups {
    /// Takes in a commit of positions, or a new generation without any.
    pub(crate) fn apply(&mut self, group: &str, generation: u64, positions: &[Position]) {
        let group = self.by_name.entry(group.to_owned()).or_default();
        group.generation = group.generation.max(generation);
        for position in positions {
            let place = (position.log, position.partition);
            group
                .positions
                .retain(|old| (old.log, old.partition) != place);
            group.positions.push(*position);
        }
    }

    /// The same with no position beyond what `end` says of its partition.
    pub(crate) fn within(&self, end: impl Fn(LogId, PartitionId) -> Offset) -> Self {
        let mut groups = self.clone();
        for position in groups
            .by_name
            .values_mut()
            .flat_map(|group| &mut group.positions)
        {
            position.next = position.next.min(end(position.log, position.partition));
        }
        groups
    }

    /// The groups and their generations.
    pub(crate) fn generations(&self) -> Vec<(String, u64)> {
        let groups = self.by_name.iter();
        groups
            .map(|(name, group)| (name.clone(), group.generation))
            .collect()
    }

    fn position(&self, group: &str, log: LogId, partition: PartitionId) -> Option<Offset> {
        let positions = &self.by_name.get(group)?.positions;
        let found = positions
            .iter()
            .find(|p| p.log == log && p.partition == partition);
        found.map(|position| position.next)
    }
}

/// How far a group is behind in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The log.
    pub log: String,
    /// The partition.
    pub partition: PartitionId,
    /// The next record the group reads.
    pub position: Offset,
    /// The next record the partition gets.
    pub end: Offset,
}

/// What a member reads in a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The generation it holds for.
    pub generation: u64,
    /// The member's partitions.
    pub partitions: Vec<(String, PartitionId)>,
}

/// A member of a group; dropping it leaves the group.
#[derive(Debug)]
pub struct GroupMember {
    store: Store,
    group: String,
    id: u64,
    assignment: Assignment,
}

impl Store {
    /// Joins a group that reads these logs; all its members name the same ones.
    ///
    /// # Errors
    /// There is no such log, other members read other logs, or the commit failed.
    pub fn join_group(&self, group: &str, logs: &[&str]) -> Result<GroupMember, AppendError> {
        for log in logs {
            self.core().log_of_name(log)?;
        }
        let order = self.core().group_order.lock();
        let mut groups = self.core().groups.lock();
        let state = groups.by_name.entry(group.to_owned()).or_default();
        if state.members.is_empty() {
            state.logs = logs.iter().map(|log| (*log).to_owned()).collect();
        } else if state.logs != logs {
            let text = format!(
                "the group {group} reads {}; name the same logs",
                state.logs.join(", ")
            );
            return Err(AppendError::Refused { text });
        }
        let id = state.members.last().map_or(0, |last| last + 1);
        state.members.push(id);
        let ticket = self.next_generation(groups, group)?;
        drop(order);
        ticket.wait()?;
        let mut member = GroupMember {
            store: self.clone(),
            group: group.to_owned(),
            id,
            assignment: Assignment {
                generation: 0,
                partitions: Vec::new(),
            },
        };
        member.refresh();
        Ok(member)
    }

    /// Begins a generation, with the order held: older ones commit nothing from now on.
    fn next_generation(
        &self,
        mut groups: MutexGuard<'_, Groups>,
        group: &str,
    ) -> Result<AppendTicket, AppendError> {
        let state = groups.by_name.entry(group.to_owned()).or_default();
        state.generation += 1;
        let change = Change::Positions {
            group: group.to_owned(),
            generation: state.generation,
            positions: Vec::new(),
        };
        drop(groups);
        // Queued with the order held: commits of the generation before are in front of it.
        self.core().enqueue(Pending::change(change))
    }

    /// How far a group is behind in every partition of a log.
    ///
    /// # Errors
    /// There is no such log.
    pub fn group_lag(&self, group: &str, log: &str) -> Result<Vec<Lag>, ReadError> {
        let state = self.core().log_for_reading(log)?;
        let groups = self.core().groups.lock();
        let lag = state.partitions.iter().map(|partition| {
            let low = Offset(partition.marks().low);
            let position = groups.position(group, state.id, partition.number);
            Lag {
                log: log.to_owned(),
                partition: partition.number,
                position: position.map_or(low, |position| position.max(low)),
                end: Offset(partition.next()),
            }
        });
        Ok(lag.collect())
    }
}

impl GroupMember {
    /// Takes the present generation's assignment.
    pub fn refresh(&mut self) -> &Assignment {
        let groups = self.store.core().groups.lock();
        if let Some(group) = groups.by_name.get(&self.group) {
            self.assignment = Assignment {
                generation: group.generation,
                partitions: assign(&self.store, group, self.id),
            };
        }
        drop(groups);
        &self.assignment
    }

    /// What this member reads, as of its last [`refresh`](Self::refresh).
    #[must_use]
    pub fn assignment(&self) -> &Assignment {
        &self.assignment
    }

    /// Makes positions durable: the offsets of the next records to read.
    ///
    /// # Errors
    /// [`AppendError::NotAssigned`] when the group has a newer generation or a partition is not
    /// this member's; otherwise as any commit.
    pub fn commit(
        &self,
        positions: &[(&str, PartitionId, Offset)],
    ) -> Result<Receipt, AppendError> {
        self.append_and_commit(Vec::new(), &AppendOptions::default(), positions)
    }

    /// Appends and makes positions durable in one commit: both or neither.
    ///
    /// # Errors
    /// As [`commit`](Self::commit) and [`Store::append_with`]; a full log or store refuses both.
    pub fn append_and_commit(
        &self,
        batches: Vec<AppendBatch>,
        options: &AppendOptions,
        positions: &[(&str, PartitionId, Offset)],
    ) -> Result<Receipt, AppendError> {
        let core = self.store.core();
        let mut listed = Vec::with_capacity(positions.len());
        for (log, partition, next) in positions {
            let place = ((*log).to_owned(), *partition);
            if !self.assignment.partitions.contains(&place) {
                return Err(
                    self.not_assigned(format!("{log}, partition {partition}, is not its own"))
                );
            }
            listed.push(Position {
                log: core.log_of_name(log)?.id,
                partition: *partition,
                next: *next,
            });
        }
        let logs = intake::logs_of(core, &batches)?;
        bound::make_room(core, &logs)?;
        let mut pending = intake::prepare(logs, batches, options)?;
        pending.level = Durability::Power;
        let change = Change::Positions {
            group: self.group.clone(),
            generation: self.assignment.generation,
            positions: listed,
        };
        let pending = pending.with_change(change);
        let order = core.group_order.lock();
        let groups = core.groups.lock();
        let current = groups
            .by_name
            .get(&self.group)
            .map_or(0, |group| group.generation);
        drop(groups);
        if current != self.assignment.generation {
            return Err(self.not_assigned(format!("the group is at generation {current}")));
        }
        let ticket = core.enqueue(pending)?;
        drop(order);
        ticket.wait()
    }

    fn not_assigned(&self, text: String) -> AppendError {
        AppendError::NotAssigned {
            group: self.group.clone(),
            generation: self.assignment.generation,
            text,
        }
    }
}

impl Drop for GroupMember {
    fn drop(&mut self) {
        let _order = self.store.core().group_order.lock();
        let mut groups = self.store.core().groups.lock();
        if let Some(group) = groups.by_name.get_mut(&self.group) {
            group.members.retain(|member| *member != self.id);
        }
        // Not waited for: were it lost, the next join begins a later generation anyhow.
        drop(self.store.next_generation(groups, &self.group));
    }
}

/// A member's share: of each log a run of partitions, the first members one more where they do not
/// divide.
fn assign(store: &Store, group: &Group, member: u64) -> Vec<(String, PartitionId)> {
    let Some(place) = group.members.iter().position(|id| *id == member) else {
        return Vec::new();
    };
    let members = group.members.len();
    let mut partitions = Vec::new();
    for log in &group.logs {
        let Some(state) = store.core().find_log(log) else {
            continue;
        };
        let count = state.partitions.len();
        let (share, rest) = (count / members, count % members);
        let start = place * share + place.min(rest);
        let end = start + share + usize::from(place < rest);
        let own = state.partitions[start..end].iter();
        partitions.extend(own.map(|partition| (log.clone(), partition.number)));
    }
    partitions
}
