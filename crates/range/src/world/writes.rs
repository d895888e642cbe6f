//! What a guest writes on its volumes while it runs. A snapshot holds what was written when its
//! request was accepted, and a set of snapshots holds one moment of all volumes
//! (<https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html>).

use super::World;
use super::storage::Content;
use super::time::Event;
use casebook::id::{InstanceId, VolumeId};
use casebook::scene::instance::InstanceState;
use casebook::scene::storage::Volume;
use jiff::SignedDuration;

impl World {
    /// Writes a block; says whether the volume is attached to something that runs.
    pub fn write_block(&mut self, volume: &VolumeId, index: i32, pattern: u8) -> bool {
        let (compute, storage) = (&self.compute, &mut self.storage);
        let Some(record) = storage.volumes.get_mut(volume) else { return false };
        let mut holders = record.shown.attachments.iter().filter_map(|held| compute.instances.get(&held.instance));
        let runs = holders.any(|machine| machine.shown.state == InstanceState::Running);
        if runs {
            record.content = with_block(&record.content, index, pattern);
        }
        runs
    }

    /// The guest writes on all its volumes again and again, the first time after one period.
    pub fn keep_writing(&mut self, instance: &InstanceId, every: SignedDuration) {
        self.schedule(every.max(SignedDuration::from_secs(1)), Event::Write(instance.clone(), every));
    }

    pub(crate) fn guest_writes(&mut self, instance: &InstanceId, every: SignedDuration) {
        if !self.compute.instances.contains_key(instance) {
            return;
        }
        let pattern = u8::try_from(self.now.as_second().rem_euclid(251)).expect("less than 251");
        let held = |volume: &Volume| volume.attachments.iter().any(|held| held.instance == *instance);
        let mine = self.storage.volumes.values().filter(|volume| held(&volume.shown));
        let mine: Vec<VolumeId> = mine.map(|volume| volume.shown.id.clone()).collect();
        for volume in &mine {
            self.write_block(volume, 0, pattern);
        }
        self.keep_writing(instance, every);
    }
}

fn with_block(content: &Content, index: i32, pattern: u8) -> Content {
    let mut blocks = content.to_vec();
    match blocks.binary_search_by_key(&index, |(held, _)| *held) {
        Ok(place) => blocks[place].1 = pattern,
        Err(place) => blocks.insert(place, (index, pattern)),
    }
    blocks.into()
}
