//! Processes that stay and do not work, or work slowly.

use super::name;
use crate::kafka::NodeIx;
use crate::world::World;

/// Stops the scheduling of a process.
pub(super) fn pause(node: NodeIx, world: &mut World) {
    world.pause(node);
    let who = name(node, world);
    world.note_fault(format!("{who} paused"));
}

/// Lets a paused process go on; one that has ended stays so.
pub(super) fn resume(node: NodeIx, world: &mut World) {
    let who = name(node, world);
    if !world.is_up(node) {
        world.note_fault(format!("{who} is down, resume did nothing"));
        return;
    }
    world.resume(node);
    world.note_fault(format!("{who} resumed"));
}

/// All work of a process takes `factor` times as long; 1 is normal.
pub(super) fn slow(node: NodeIx, factor: f64, world: &mut World) {
    world.set_slowness(node, factor);
    let who = name(node, world);
    world.note_fault(if factor == 1.0 {
        format!("{who} works at its normal speed")
    } else {
        format!("{who} works {factor} times as slow")
    });
}

/// All disk work of a process takes `factor` times as long; 1 is normal.
pub(super) fn slow_disk(node: NodeIx, factor: f64, world: &mut World) {
    world.set_disk_slowness(node, factor);
    let who = name(node, world);
    world.note_fault(if factor == 1.0 {
        format!("disk of {who} at its normal speed")
    } else {
        format!("disk of {who} {factor} times as slow")
    });
}
