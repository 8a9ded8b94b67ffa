/// `user/scale:2` for plain values.
pub unsafe fn scale(cx: Cx, v1: Array<f64>, v2: f64) -> Plainly<()> {
    let mut v4: i64 = 0_i64;
    'l1: loop {
        // tests/system/compiled/emitted/array.bat:9: (when (< i (alength numbers))
        let v5 = v1.len();
        let v6 = v4 < v5;
        if v6 {
            // tests/system/compiled/emitted/array.bat:10: (aset numbers i (* by (aget numbers i)))
            let v7 = match v1.get(v4) { Some(value) => value, None => return Err(left(cx, array_get_slow(cx, v1.word, from_i64(cx, v4)), &[2])) };
            let v8 = v2 * v7;
            let v9 = match v1.set(v4, v8) { Some(value) => value, None => return Err(left(cx, array_set_slow(cx, v1.word, from_i64(cx, v4), from_float(cx, v8)), &[4])) };
            // tests/system/compiled/emitted/array.bat:11: (recur (+ i 1)))))
            let v11 = v4 + 1_i64;
            poll_plainly(cx, &[6])?;
            v4 = v11;
            continue 'l1;
        }
        return Ok(());
    }
}

/// `user/scale:2`
#[unsafe(export_name = "bt_fn_0")]
pub unsafe extern "C" fn scale_2(cx: Cx, this: Word, v1: Word, v2: Word) -> Word {
    if must_stop(cx) { return check2(cx, this, v1, v2, scale_2_entry); }
    if let (Some(p1), Some(p2)) = (as_doubles(v1), as_f64(v2)) {
        match scale(cx, p1, p2) {
            Ok(value) => { release(cx, v1); return from_nil(cx, value); }
            Err(Left::Failed) => { release(cx, v1); return FAILED; }
            Err(Left::GivesUp) => {}
        }
    }
    let mut v4: Word = int(0);
    'l1: loop {
        // tests/system/compiled/emitted/array.bat:9: (when (< i (alength numbers))
        let v5 = first!(array_length(v1); array_length_slow(cx, v1); return fail(cx, &[0], &[v1, v2, v4]));
        let v6 = compared!(lt(v4, v5); lt_slow(cx, v4, v5, 2); return fail(cx, &[1], &[v1, v2, v4]));
        if v6 {
            // tests/system/compiled/emitted/array.bat:10: (aset numbers i (* by (aget numbers i)))
            let v7 = first!(array_get(cx, v1, v4); array_get_slow(cx, v1, v4); return fail(cx, &[2], &[v1, v2, v4]));
            let v8 = first!(mul_floats(cx, v2, v7); mul_slow(cx, v2, v7, 2); return fail(cx, &[3], &[v1, v2, v4]));
            let v9 = first!(array_set(v1, v4, v8); array_set_slow(cx, v1, v4, v8); return fail(cx, &[4], &[v1, v2, v4]));
            release(cx, v9);
            // tests/system/compiled/emitted/array.bat:11: (recur (+ i 1)))))
            let v11 = first!(add_floats(cx, v4, int(1)); add_slow(cx, v4, int(1), 1); return fail(cx, &[5], &[v1, v2]));
            if poll(cx) == FAILED { return fail(cx, &[6], &[v1, v2, v11]); }
            v4 = v11;
            continue 'l1;
        }
        release(cx, v1);
        release(cx, v2);
        release(cx, v4);
        return NIL;
    }
}

/// `user/sum:1` for plain values.
pub unsafe fn sum(cx: Cx, v1: Array<i64>) -> Plainly<i64> {
    let mut v4: i64 = 0_i64;
    let mut v5: i64 = 0_i64;
    'l1: loop {
        // tests/system/compiled/emitted/array.bat:3: (if (< i (alength numbers))
        let v6 = v1.len();
        let v7 = v4 < v6;
        if v7 {
            // tests/system/compiled/emitted/array.bat:4: (recur (+ i 1) (+ sum (aget numbers i)))
            let v9 = v4 + 1_i64;
            let v10 = match v1.get(v4) { Some(value) => value, None => return Err(left(cx, array_get_slow(cx, v1.word, from_i64(cx, v4)), &[3])) };
            let v11 = v5.checked_add(v10).ok_or(Left::GivesUp)?;
            poll_plainly(cx, &[5])?;
            (v4, v5) = (v9, v11);
            continue 'l1;
        }
        return Ok(v5);
    }
}

/// `user/sum:1`
#[unsafe(export_name = "bt_fn_0")]
pub unsafe extern "C" fn sum_1(cx: Cx, this: Word, v1: Word) -> Word {
    if must_stop(cx) { return check1(cx, this, v1, sum_1_entry); }
    if sum_tries.are_left() && let (Some(p1)) = (as_longs(v1)) {
        match sum(cx, p1) {
            Ok(value) => { release(cx, v1); return from_i64(cx, value); }
            Err(Left::Failed) => { release(cx, v1); return FAILED; }
            Err(Left::GivesUp) => sum_tries.one_less(),
        }
    }
    let mut v4: Word = int(0);
    let mut v5: Word = int(0);
    'l1: loop {
        // tests/system/compiled/emitted/array.bat:3: (if (< i (alength numbers))
        let v6 = first!(array_length(v1); array_length_slow(cx, v1); return fail(cx, &[0], &[v1, v4, v5]));
        let v7 = compared!(lt(v4, v6); lt_slow(cx, v4, v6, 2); return fail(cx, &[1], &[v1, v4, v5]));
        if v7 {
            // tests/system/compiled/emitted/array.bat:4: (recur (+ i 1) (+ sum (aget numbers i)))
            let v9 = first!(add_floats(cx, v4, int(1)); add_slow(cx, v4, int(1), 0); return fail(cx, &[2], &[v1, v4, v5]));
            let v10 = first!(array_get(cx, v1, v4); array_get_slow(cx, v1, v4); return fail(cx, &[3], &[v1, v4, v5, v9]));
            release(cx, v4);
            let v11 = first!(add_floats(cx, v5, v10); add_slow(cx, v5, v10, 3); return fail(cx, &[4], &[v1, v9]));
            if poll(cx) == FAILED { return fail(cx, &[5], &[v1, v9, v11]); }
            (v4, v5) = (v9, v11);
            continue 'l1;
        }
        release(cx, v1);
        release(cx, v4);
        return v5;
    }
}

