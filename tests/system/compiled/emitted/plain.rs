/// `user/between:3` for plain values.
pub fn between(v1: f64, v2: f64, v3: f64) -> f64 {
    // tests/system/compiled/emitted/plain.bat:2: (+ (* a (- 1.0 t)) (* b t)))
    let v5 = 1.0_f64 - v3;
    let v6 = v1 * v5;
    let v7 = v2 * v3;
    let v8 = v6 + v7;
    return v8;
}

/// `user/between:3`
#[unsafe(export_name = "bt_fn_0")]
pub unsafe extern "C" fn between_3(cx: Cx, this: Word, v1: Word, v2: Word, v3: Word) -> Word {
    if must_stop(cx) { return check3(cx, this, v1, v2, v3, between_3_entry); }
    if let (Some(p1), Some(p2), Some(p3)) = (as_f64(v1), as_f64(v2), as_f64(v3)) {
        let value = between(p1, p2, p3);
        return from_float(cx, value);
    }
    // tests/system/compiled/emitted/plain.bat:2: (+ (* a (- 1.0 t)) (* b t)))
    let v5 = first!(sub_floats(cx, float(1.0), v3); sub_slow(cx, float(1.0), v3, 0); return fail(cx, &[0], &[v1, v2, v3]));
    let v6 = first!(mul_floats(cx, v1, v5); mul_slow(cx, v1, v5, 3); return fail(cx, &[1], &[v2, v3]));
    let v7 = first!(mul_floats(cx, v2, v3); mul_slow(cx, v2, v3, 3); return fail(cx, &[2], &[v6]));
    let v8 = first!(add_floats(cx, v6, v7); add_slow(cx, v6, v7, 3); return fail(cx, &[3], &[]));
    return v8;
}

/// `user/powers:2` for plain values.
pub unsafe fn powers(cx: Cx, v1: i64, v2: i64) -> Plainly<i64> {
    let mut v4: i64 = 0_i64;
    let mut v5: i64 = v1;
    'l1: loop {
        // tests/system/compiled/emitted/plain.bat:6: (if (< n limit)
        let v6 = v5 < v2;
        if v6 {
            // tests/system/compiled/emitted/plain.bat:7: (recur (+ i 1) (* 2 n))
            let v8 = v4.checked_add(1_i64).ok_or(Left::GivesUp)?;
            let v10 = 2_i64.checked_mul(v5).ok_or(Left::GivesUp)?;
            poll_plainly(cx, &[3])?;
            (v4, v5) = (v8, v10);
            continue 'l1;
        }
        return Ok(v4);
    }
}

/// `user/powers:2`
#[unsafe(export_name = "bt_fn_0")]
pub unsafe extern "C" fn powers_2(cx: Cx, this: Word, v1: Word, v2: Word) -> Word {
    if must_stop(cx) { return check2(cx, this, v1, v2, powers_2_entry); }
    if powers_tries.are_left() && let (Some(p1), Some(p2)) = (as_i64(v1), as_i64(v2)) {
        match powers(cx, p1, p2) {
            Ok(value) => { return from_i64(cx, value); }
            Err(Left::Failed) => { return FAILED; }
            Err(Left::GivesUp) => powers_tries.one_less(),
        }
    }
    let mut v4: Word = int(0);
    let mut v5: Word = v1;
    'l1: loop {
        // tests/system/compiled/emitted/plain.bat:6: (if (< n limit)
        let v6 = compared!(lt(v5, v2); lt_slow(cx, v5, v2, 0); return fail(cx, &[0], &[v2, v4, v5]));
        if v6 {
            // tests/system/compiled/emitted/plain.bat:7: (recur (+ i 1) (* 2 n))
            let v8 = first!(add(v4, int(1)); add_slow(cx, v4, int(1), 1); return fail(cx, &[1], &[v2, v5]));
            let v10 = first!(mul(int(2), v5); mul_slow(cx, int(2), v5, 2); return fail(cx, &[2], &[v2, v8]));
            if poll(cx) == FAILED { return fail(cx, &[3], &[v2, v8, v10]); }
            (v4, v5) = (v8, v10);
            continue 'l1;
        }
        release(cx, v2);
        release(cx, v5);
        return v4;
    }
}

