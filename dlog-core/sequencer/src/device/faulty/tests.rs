use super::*;

fn write(device: &FaultyDevice, path: &str, bytes: &[u8]) -> io::Result<Arc<dyn DeviceFile>> {
    let mode = if device.exists(path)? {
        OpenMode::Write
    } else {
        OpenMode::CreateNew
    };
    let file = device.open(path, mode)?;
    file.write_at(bytes, 0)?;
    Ok(file)
}

fn read(device: &dyn Device, path: &str) -> Option<Vec<u8>> {
    let file = device.open(path, OpenMode::Read).ok()?;
    let mut bytes = vec![0; file.length().unwrap() as usize];
    file.read_at(&mut bytes, 0).unwrap();
    Some(bytes)
}

#[test]
fn what_is_not_synced_may_be_lost_torn_or_reordered() {
    let device = FaultyDevice::new();
    let file = write(&device, "d/a", b"old").unwrap();
    assert_eq!(
        read(&device.disk().power_cut(&[Fate::Kept; 2]), "d/a"),
        Some(b"old".to_vec())
    );
    assert_eq!(read(&device.disk().power_cut(&[]), "d/a"), None);
    file.sync_data().unwrap();
    assert_eq!(
        read(&device.disk().power_cut(&[]), "d/a"),
        None,
        "its name is not synced"
    );
    device.sync_dir("d").unwrap();
    file.write_at(b"new", 0).unwrap();
    file.write_at(b"more", 3).unwrap();
    assert_eq!(
        device.disk().unsynced(),
        [Unsynced::Write(3), Unsynced::Write(4)]
    );
    let cut = |fates: &[Fate]| read(&device.disk().power_cut(fates), "d/a").unwrap();
    assert_eq!(cut(&[]), b"old");
    assert_eq!(cut(&[Fate::Lost, Fate::Kept]), b"oldmore");
    assert_eq!(cut(&[Fate::Torn(1), Fate::LengthOnly]), b"nld\0\0\0\0");
    assert_eq!(read(&device, "d/a").unwrap(), b"newmore");
}

#[test]
fn a_rename_counts_when_its_directory_is_synced() {
    let device = FaultyDevice::new();
    write(&device, "a.new", b"x").unwrap().sync_data().unwrap();
    device.sync_dir("").unwrap();
    device.rename("a.new", "a").unwrap();
    let lost = device.disk().power_cut(&[Fate::Lost]);
    assert_eq!(
        (read(&lost, "a"), read(&lost, "a.new")),
        (None, Some(b"x".to_vec()))
    );
    device.sync_dir("").unwrap();
    let kept = device.disk().power_cut(&[]);
    assert_eq!(
        (read(&kept, "a"), read(&kept, "a.new")),
        (Some(b"x".to_vec()), None)
    );
}

#[test]
fn a_failed_sync_drops_what_it_had_and_tells_every_open_handle_once() {
    let device = FaultyDevice::new();
    let first = write(&device, "a", b"1").unwrap();
    device.sync_dir("").unwrap();
    let second = device.open("a", OpenMode::Write).unwrap();
    device.fail_sync(0);
    assert!(first.sync_data().is_err());
    assert!(first.sync_data().is_ok(), "a lie");
    assert!(second.sync_data().is_err() && second.sync_data().is_ok());
    let third = device.open("a", OpenMode::Write).unwrap();
    assert!(third.sync_data().is_ok());
    assert_eq!(read(&device, "a").unwrap(), b"1");
    assert_eq!(read(&device.disk().power_cut(&[]), "a").unwrap(), b"");
}

#[test]
fn short_and_interrupted_calls_are_finished_and_others_fail() {
    for failure in [Failure::Short, Failure::Interrupted] {
        let device = FaultyDevice::new();
        let file = write(&device, "a", b"").unwrap();
        let fail = || {
            device.fail(Plan {
                after: 0,
                failure,
                is_lasting: false,
            });
        };
        fail();
        file.write_at(b"abcdef", 0).unwrap();
        let mut buffer = [0; 6];
        fail();
        assert_eq!(file.read_at(&mut buffer, 0).unwrap(), 6);
        assert_eq!(&buffer, b"abcdef");
    }
    let device = FaultyDevice::new();
    let file = write(&device, "a", b"").unwrap();
    device.fail(Plan {
        after: 1,
        failure: Failure::Io,
        is_lasting: true,
    });
    file.write_at(b"ab", 0).unwrap();
    assert!(file.write_at(b"ab", 2).is_err() && file.sync_data().is_err());
    assert!(device.rename("a", "b").is_err());
    device.heal();
    assert!(file.sync_data().is_ok());
}

#[test]
fn a_full_disk_refuses_what_grows_a_file() {
    let device = FaultyDevice::new();
    device.set_capacity(4);
    let file = write(&device, "a", b"abc").unwrap();
    assert_eq!(device.free_bytes().unwrap(), Some(1));
    let full = file.write_at(b"xy", 3).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    file.write_at(b"xyz", 0).unwrap();
    device.heal();
    file.write_at(b"xy", 3).unwrap();
}

#[test]
fn a_killed_process_does_nothing_any_more() {
    let device = FaultyDevice::new();
    let file = write(&device, "a", b"1").unwrap();
    let _lock = device.lock("LOCK").unwrap();
    assert!(matches!(device.lock("LOCK"), Err(LockError::Held(_))));
    let next = device.kill();
    assert!(file.write_at(b"2", 0).is_err());
    let _own = next.lock("LOCK").unwrap();
    drop(_lock);
    assert!(matches!(next.lock("LOCK"), Err(LockError::Held(_))));
    assert_eq!(read(&next, "a").unwrap(), b"1");
}
