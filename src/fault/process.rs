//! Processes that end and start: kill, stop, restart, flap, rolling restart.

use super::action::How;
use super::roll::{LOOK_FOR_END, Roll, Seen, Want};
use super::{Agenda, Job, disk_and_pause, name};
use crate::engine::{Duration, Instant};
use crate::kafka::NodeIx;
use crate::world::World;

/// Takes a process away, and arranges its return.
pub(super) fn take(how: How, node: NodeIx, back: Option<Duration>, at: Instant, world: &mut World, agenda: &mut Agenda) {
    let who = name(node, world);
    if !world.is_up(node) {
        world.note_fault(format!("{who} was down already, {} did nothing", how.verb()));
        return;
    }
    match how {
        How::Kill => {
            world.kill(node);
            world.note_fault(format!("{who} killed"));
        }
        How::PowerOff => {
            world.power_off(node);
            world.note_fault(format!("{who} lost power"));
        }
        How::Stop => {
            world.stop(node);
            world.note_fault(format!("{who} told to stop"));
        }
        How::Pause => disk_and_pause::pause(node, world),
    }
    let Some(back) = back else { return };
    match how {
        How::Kill | How::PowerOff => agenda.push(at + back, Job::Start(node)),
        How::Stop => agenda.push(at + LOOK_FOR_END, Job::StartOnceEnded(node, back)),
        How::Pause => agenda.push(at + back, Job::Resume(node)),
    }
}

/// Starts a process, unless it is there.
pub(super) fn start(node: NodeIx, world: &mut World) {
    let who = name(node, world);
    if world.is_up(node) {
        world.note_fault(format!("{who} was up already, start did nothing"));
        return;
    }
    world.start(node);
    world.note_fault(format!("{who} started"));
}

/// Looks whether a stopping process has ended, to start it `down` later.
pub(super) fn start_once_ended(node: NodeIx, down: Duration, at: Instant, world: &World, agenda: &mut Agenda) {
    if world.is_up(node) {
        agenda.push(at + LOOK_FOR_END, Job::StartOnceEnded(node, down));
    } else {
        agenda.push(at + down, Job::Start(node));
    }
}

/// In which order a rolling restart takes the processes: the given brokers, or all by ascending id; with `controllers_last`
/// then the controllers by ascending id, the active one last, and brokers that are controllers too among these.
pub(super) fn order(brokers: &[u32], controllers_last: bool, world: &World) -> Vec<NodeIx> {
    let spec = world.spec();
    let mut ids: Vec<u32> = brokers.to_vec();
    if ids.is_empty() {
        ids = spec.brokers.iter().map(|b| b.id).collect();
        ids.sort_unstable();
    }
    let mut order: Vec<NodeIx> = ids.iter().filter_map(|id| spec.broker_by_id(*id)).map(|b| spec.brokers[b.index()].node).collect();
    if controllers_last {
        let active = world.active_controller();
        let mut voters: Vec<(bool, u32, NodeIx)> =
            spec.voters.iter().enumerate().map(|(i, v)| (active.is_some_and(|a| a.index() == i), v.id, v.node)).collect();
        voters.sort_unstable();
        order.retain(|node| voters.iter().all(|(_, _, voter)| voter != node));
        order.extend(voters.into_iter().map(|(_, _, node)| node));
    }
    order
}

/// Does what a rolling restart wants now, until it wants to wait or is done.
pub(super) fn go_on_rolling(mut roll: Roll, at: Instant, world: &mut World, agenda: &mut Agenda) {
    loop {
        let seen = roll.at().map_or(Seen { up: false, in_sync: false }, |node| look(node, world));
        match roll.step(seen) {
            Want::Stop(node) => {
                world.stop(node);
                let who = name(node, world);
                world.note_fault(format!("rolling restart: {who} told to stop"));
            }
            Want::Start(node) => {
                world.start(node);
                let who = name(node, world);
                world.note_fault(format!("rolling restart: {who} started"));
            }
            Want::Wait(time) => {
                agenda.push(at + time, Job::Roll(roll));
                return;
            }
            Want::Done => {
                world.note_fault("rolling restart done".to_owned());
                return;
            }
        }
    }
}

/// What a tool that restarts a cluster sees. Of a process that is a controller only: whether there is an active controller.
fn look(node: NodeIx, world: &World) -> Seen {
    let up = world.is_up(node);
    let serves = match world.spec().nodes[node.index()].broker {
        Some(broker) => world.is_serving(broker) && world.under_replicated() == 0,
        None => world.active_controller().is_some(),
    };
    Seen { up, in_sync: up && serves }
}
