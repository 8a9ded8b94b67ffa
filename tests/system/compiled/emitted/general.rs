/// `user/label:1`
#[unsafe(export_name = "bt_fn_0")]
pub unsafe extern "C" fn label_1(cx: Cx, this: Word, v1: Word) -> Word {
    if must_stop(cx) { return check1(cx, this, v1, label_1_entry); }
    // tests/system/compiled/emitted/general.bat:2: (if (even? n) (str n " is even") [:odd n]))
    let v4 = callee_of(&vars::batuta_core__even_p) == label_1_literals[0];
    'b4: {
        'b3: {
            if !v4 {
                dup(cx, v1);
                let v8 = call_builtin1(cx, &vars::batuta_core__even_p, v1);
                if v8 == FAILED { return fail(cx, &[0], &[v1]); }
                let v9 = truthy(v8);
                release(cx, v8);
                if v9 {
                    break 'b3;
                }
                break 'b4;
            }
            let v6 = compared!(is_even(v1, int(0)); is_even_slow(cx, v1, int(0), 0); return fail(cx, &[0], &[v1]));
            if v6 {
                break 'b3;
            }
            break 'b4;
        }
        let v11 = call_builtin2(cx, &vars::batuta_core__str, v1, label_1_literals[2]);
        if v11 == FAILED { return fail(cx, &[1], &[]); }
        return v11;
    }
    let v13 = call_builtin2(cx, &vars::batuta_core__vector, label_1_literals[4], v1);
    if v13 == FAILED { return fail(cx, &[2], &[]); }
    return v13;
}

