//! Who an actor is: its number, the values that name it, and the table of living actors.
//!
//! A number is (node, index, serial): the index is reused when an actor has ended, with the next
//! serial, so an old pid never names a new actor. Node 0 is this process; pids of other nodes are
//! ordinary values that have no local actor.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::Actor;
use super::call::Slot;
use super::timer::TimerHandle;
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

/// The number of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorId {
    /// 0 is this process.
    pub node: u32,
    /// Place in the node's table.
    pub index: u32,
    /// Which user of that place.
    pub serial: u32,
}

impl ActorId {
    /// The number within this process as one word, never 0.
    pub(super) fn word(self) -> u64 {
        u64::from(self.serial) << 32 | u64::from(self.index)
    }

    pub(super) fn of_word(word: u64) -> ActorId {
        ActorId {
            node: 0,
            index: word as u32,
            serial: (word >> 32) as u32,
        }
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#actor<{}.{}.{}>", self.node, self.index, self.serial)
    }
}

/// A pid as a value.
pub struct PidBody {
    id: ActorId,
    actor: Option<Arc<Actor>>,
}

impl PidBody {
    /// What equality, hash and order go by.
    pub fn key(&self) -> (u32, u32, u32) {
        (self.id.node, self.id.index, self.id.serial)
    }

    /// The actor, living or not; `None` if it never lived here.
    pub fn actor(&self) -> Option<&Arc<Actor>> {
        self.actor.as_ref()
    }
}

impl fmt::Display for PidBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for PidBody {
    const KIND: Kind = Kind::Pid;
}

/// The pid of an actor.
pub fn pid_of(actor: &Arc<Actor>) -> Value {
    make(PidBody {
        id: actor.id,
        actor: Some(actor.clone()),
    })
}

/// The pid with this number, as the reader meets it.
pub fn parse_pid(node: u32, index: u32, serial: u32) -> Value {
    let id = ActorId {
        node,
        index,
        serial,
    };
    make(PidBody {
        id,
        actor: find(id),
    })
}

/// What a reference was made for.
pub(crate) enum Target {
    /// A monitor.
    Monitor,
    /// The way back of a call.
    Call(Arc<Slot>),
    /// A timer.
    Timer(Arc<TimerHandle>),
}

/// A unique reference as a value.
pub struct ReferenceBody {
    node: u32,
    number: u64,
    target: Target,
}

impl ReferenceBody {
    /// What equality, hash and order go by.
    pub fn key(&self) -> (u32, u64) {
        (self.node, self.number)
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }
}

impl fmt::Display for ReferenceBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#ref<{}.{}>", self.node, self.number)
    }
}

// SAFETY: the kind is this type's alone. Values behind a call or timer are published before they
// get there and counted atomically, so they need not be shown.
unsafe impl Body for ReferenceBody {
    const KIND: Kind = Kind::Reference;
}

/// A number no other reference of this process has.
pub(crate) fn new_reference_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The reference with this number.
pub(crate) fn make_reference(number: u64, target: Target) -> Value {
    make(ReferenceBody {
        node: 0,
        number,
        target,
    })
}

const SHARDS: usize = 16;

struct Place {
    serial: u32,
    actor: Option<Arc<Actor>>,
}

struct Shard {
    places: Vec<Place>,
    free: Vec<u32>,
}

static TABLE: [Mutex<Shard>; SHARDS] = [const {
    Mutex::new(Shard {
        places: Vec::new(),
        free: Vec::new(),
    })
}; SHARDS];

/// Enters a new actor into the table.
pub(crate) fn enter(make: impl FnOnce(ActorId) -> Actor) -> Arc<Actor> {
    static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT_SHARD.fetch_add(1, Ordering::Relaxed) % SHARDS;
    let mut shard = TABLE[number].lock();
    let at = match shard.free.pop() {
        Some(at) => at as usize,
        None => {
            shard.places.push(Place {
                serial: 0,
                actor: None,
            });
            shard.places.len() - 1
        }
    };
    let place = &mut shard.places[at];
    place.serial = place.serial.wrapping_add(1).max(1);
    let index = u32::try_from(at * SHARDS + number)
        .expect("the table would need terabytes before its index overflows");
    let actor = Arc::new(make(ActorId {
        node: 0,
        index,
        serial: place.serial,
    }));
    place.actor = Some(actor.clone());
    actor
}

/// Takes an actor that has ended out of the table.
pub(crate) fn leave(id: ActorId) {
    let (at, number) = (id.index as usize / SHARDS, id.index as usize % SHARDS);
    let mut shard = TABLE[number].lock();
    let Some(place) = shard.places.get_mut(at) else {
        return;
    };
    if place.serial == id.serial && place.actor.take().is_some() {
        shard.free.push(at as u32);
    }
}

/// The living actor with this number.
pub(crate) fn find(id: ActorId) -> Option<Arc<Actor>> {
    let (at, number) = (id.index as usize / SHARDS, id.index as usize % SHARDS);
    let shard = TABLE[number].lock();
    let place = shard
        .places
        .get(at)
        .filter(|p| id.node == 0 && p.serial == id.serial)?;
    place.actor.clone()
}

/// How many actors live.
pub(crate) fn count() -> usize {
    let living = |shard: &Mutex<Shard>| {
        let shard = shard.lock();
        shard.places.len() - shard.free.len()
    };
    TABLE.iter().map(living).sum()
}

/// All living actors.
pub(crate) fn all() -> Vec<Arc<Actor>> {
    let living = |shard: &Mutex<Shard>| {
        shard
            .lock()
            .places
            .iter()
            .filter_map(|p| p.actor.clone())
            .collect::<Vec<_>>()
    };
    TABLE.iter().flat_map(living).collect()
}
