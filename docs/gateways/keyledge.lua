-- Asks Keyledge about a request, for haproxy.cfg; nothing here is to be changed. Tested with HAProxy 2.6, whose scripts
-- have an HTTP client.
--
-- HAProxy goes on with a request when a script fails. So haproxy.cfg lets in only what the last line has marked.

core.register_action("keyledge", { "http-req" }, function(txn, address)
    local sent = txn.http:req_get_headers()
    local authorization, agent = sent["authorization"], sent["user-agent"]

    local answer = core.httpclient():head {
        -- Only for the Host header: "dst" is where it goes.
        url = "http://keyledge/auth/verify",
        dst = address,
        -- Without it there is no limit. The times of the backend are shorter and end first.
        timeout = 20000,
        -- All that the check gets. What is not there leaves its table empty, and no header is sent.
        headers = {
            -- Keyledge refuses two like any number of them. More would do harm: HAProxy's client counts no headers and
            -- writes past its end when there are too many.
            ["authorization"] = authorization and { authorization[0], authorization[1] },
            -- Empty, because without the header the client would write its own name.
            ["user-agent"] = { agent and agent[0] or "" },
            ["x-forwarded-for"] = { txn.f:src() },
            ["x-original-method"] = { txn.f:method() },
            ["x-original-uri"] = { txn.f:pathq() },
            ["x-auth-required-scope"] = { txn:get_var("txn.required_scope") },
        },
    }

    if answer.status == 401 or answer.status == 403 then
        local reply = txn:reply { status = answer.status }
        local challenges = answer.headers["www-authenticate"]
        -- HAProxy counts values from 0, and Lua's length leaves that one out.
        for number = 0, challenges and #challenges or -1 do
            reply:add_header("WWW-Authenticate", challenges[number])
        end
        txn:done(reply)
    end
    if answer.status ~= 200 then
        return
    end

    local who = {}
    for name, values in pairs(answer.headers) do
        if name:find("^x%-auth%-") then
            who[name] = values[0]
            txn.http:req_set_header(name, values[0])
        end
    end
    -- A header for which a long request leaves no room is left out without an error.
    local now = txn.http:req_get_headers()
    for name, value in pairs(who) do
        if not now[name] or now[name][0] ~= value then
            return
        end
    end
    txn:set_var("txn.allowed", true)
end, 1)
