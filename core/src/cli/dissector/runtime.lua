-- What follows reads the tables above. A field is
--   { name, kind, shape, sizes, count, count octets, tail sizes, role, least, fields of an entry, doc }
-- with one size for each layout of the protocol's list; 0 means that the layout does not have the field.

local NAME, KIND, SHAPE, SIZES, COUNT, COUNT_SIZE, TAIL, ROLE, LEAST, ENTRIES, DOC = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11

-- The octets before the first NUL, without blanks at the end.
local function cut(range)
    local text = range:raw()
    local nul = text:find("\0", 1, true)
    if nul then text = text:sub(1, nul - 1) end
    return (text:gsub(" +$", ""))
end

-- Adds a text; what is no ASCII is for Wireshark to decode, so that nothing that is no text gets through.
local function add_text(tree, item, range)
    local text = cut(range)
    if text:find("[\128-\255]") then tree:add_packet_field(item, range, ENC_UTF_8) else tree:add(item, range, text) end
end

-- Octets that the fields need in a layout, or nil if the body does not hold them; whether the rest is open.
local function measure(fields, layout, body)
    local at, length, is_open = 0, body:len(), false
    for _, field in ipairs(fields) do
        local size = field[SIZES][layout]
        if size > 0 then
            local kind = field[KIND]
            if field[COUNT] then
                if at + field[COUNT_SIZE] > length then return nil end
                local count = body(at, field[COUNT_SIZE]):uint()
                at = at + field[COUNT_SIZE]
                if kind == "groups" then
                    size = 0
                    for _, entry in ipairs(field[ENTRIES]) do size = size + entry[SIZES][layout] end
                end
                at = at + count * size
            elseif kind == "tlvs" or kind == "rest" then
                is_open = true
            elseif kind == "reserve" or kind == "optional" then
                if at < length then at = at + size end
            else
                at = at + size
            end
            if at > length then return nil end
        end
    end
    return at, is_open
end

local function fits(fields, layout, body)
    local used, is_open = measure(fields, layout, body)
    return used ~= nil and (used == body:len() or is_open)
end

-- Wireshark has a protocol `cmpp` of its own, so that ours are `sw_cmpp`, `sw_sgip` and `sw_smgp`.
local function setup(key, protocol)
    local abbrev = "sw_" .. key
    local proto = Proto(abbrev, protocol.title .. " (sanwang)")
    local known = {}
    local function declare(name, shape, doc)
        local place = name .. "/" .. shape
        if known[place] then return end
        local filter = abbrev .. "." .. name
        if known[name] then filter = filter .. "_" .. shape end
        known[name] = true
        local function whole(make) return function(f, n, d) return make(f, n, base.DEC, nil, nil, d) end end
        local make = {
            int = whole(ProtoField.uint32), signed = whole(ProtoField.int32),
            text = function(f, n, d) return ProtoField.string(f, n, base.UNICODE, d) end,
            octets = function(f, n, d) return ProtoField.bytes(f, n, base.NONE, d) end, group = function(f, n, d) return ProtoField.none(f, n, d) end,
            flag = function(f, n, d) return ProtoField.bool(f, n, base.NONE, nil, nil, d) end,
        }
        known[place] = make[shape](filter, name, doc)
    end
    local all = {}
    local function shape_of(field)
        local shape = field[SHAPE]
        return shape == "texts" and "text" or shape == "groups" and "group" or shape
    end
    local function declare_all(fields)
        for _, field in ipairs(fields) do
            if field[COUNT] then declare(field[COUNT], "int", "Number of " .. field[NAME]) end
            local shape = shape_of(field)
            if shape == "sequence" then
                for _, part in ipairs({ "node", "time", "serial" }) do
                    declare(field[NAME] .. "." .. part, "int", field[DOC])
                end
            elseif shape == "tlvs" then
                declare("tlv", "group", field[DOC])
                declare("tlv.tag", "int", "Tag")
                declare("tlv.name", "text", "Name of the tag")
                declare("tlv.length", "int", "Octets of the value")
                declare("tlv.value", "octets", "Value")
            else
                declare(field[NAME], shape, field[DOC])
            end
            if field[ENTRIES] then declare_all(field[ENTRIES]) end
        end
    end
    declare("pdu", "text", "Name of the PDU")
    declare("layout", "text", "Version whose layout is shown")
    declare("length", "int", "Octets of the frame")
    declare("command", "int", "Command id")
    if protocol.header == 20 then
        for _, part in ipairs({ "node", "time", "serial" }) do declare("sequence." .. part, "int", "Sequence number") end
    else
        declare("sequence", "int", "Sequence number")
    end
    declare("text", "text", "Text of the content")
    declare("report", "group", "Status report inside the content")
    declare("end_of_routes", "flag", "The last frame of an answer")
    for _, pdu in ipairs(protocol.pdus) do declare_all(pdu.fields) end
    for _, report in pairs(protocol.reports) do declare_all(report) end
    for _, field in pairs(known) do
        if field ~= true then all[#all + 1] = field end
    end
    proto.fields = all
    local broken = ProtoExpert.new(abbrev .. ".broken", "The frame ends inside this PDU", expert.group.MALFORMED,
        expert.severity.ERROR)
    local unknown = ProtoExpert.new(abbrev .. ".unknown", "Unknown command", expert.group.UNDECODED,
        expert.severity.WARN)
    local trailing = ProtoExpert.new(abbrev .. ".trailing", "Octets after the last field", expert.group.PROTOCOL,
        expert.severity.WARN)
    proto.experts = { broken, unknown, trailing }
    local names = {}
    for index, name in ipairs(protocol.layouts) do names[index] = { index, name, index } end
    if #names > 1 then
        proto.prefs.version = Pref.enum("Version without login", protocol.default,
            "Layout of connections whose login is not in the capture", names, false)
    end

    local function number(tree, field, shape, range)
        if shape == "signed" then tree:add(field, range, range:int())
        elseif range:len() <= 4 then tree:add(field, range, range:uint())
        else tree:add(field, range) end
    end

    local show_fields

    -- Adds one field; gives the octets it takes, or nil if the body is too short.
    local function show(tree, field, layout, body, state)
        local kind, shape, size = field[KIND], shape_of(field), field[SIZES][layout]
        local name, left = field[NAME], body:len()
        if size == 0 and kind ~= "tlvs" then return 0 end
        local item = known[name .. "/" .. shape]
        if field[COUNT] then
            local width = field[COUNT_SIZE]
            if width > left then return nil end
            local count = body(0, width):uint()
            tree:add(known[field[COUNT] .. "/int"], body(0, width), count)
            if kind == "content" then
                local tail = field[TAIL] and field[TAIL][layout] or 0
                local room = left - width - tail
                -- The frame length corrects a wrong content length.
                if tail > 0 and room ~= count and (state.report and (room == 60 or room == 71)
                    or not state.report and state.coding == 8 and count > 0 and room == 2 * count) then
                    count = room
                end
                if count > left - width then return nil end
                state.content = count > 0 and body(width, count) or nil
                if count > 0 then tree:add(item, body(width, count)) end
                return width + count
            end
            local at = width
            for index = 1, count do
                if kind == "list" then
                    if at + size > left then return nil end
                    add_text(tree, item, body(at, size))
                    at = at + size
                else
                    if at >= left then return nil end
                    local group = tree:add(item, body(at))
                    local used = show_fields(group, field[ENTRIES], layout, body(at), state)
                    if not used then return nil end
                    group:set_text(name .. " " .. index)
                    group:set_len(used)
                    at = at + used
                end
            end
            return at
        end
        if kind == "tlvs" then
            local at = 0
            while left - at >= 4 do
                local length = body(at + 2, 2):uint()
                if at + 4 + length > left then
                    if size == 0 then return 0 end
                    return nil
                end
                local tag = body(at, 2):uint()
                local tlv = tree:add(known["tlv/group"], body(at, 4 + length))
                local tag_name = protocol.tags[tag] or "unknown"
                tlv:set_text(string.format("%s (0x%04x)", tag_name, tag))
                tlv:add(known["tlv.tag/int"], body(at, 2), tag)
                tlv:add(known["tlv.name/text"], body(at, 2), tag_name)
                tlv:add(known["tlv.length/int"], body(at + 2, 2), length)
                if length > 0 then tlv:add(known["tlv.value/octets"], body(at + 4, length)) end
                -- Where it is a tag it stands behind the content, which is shown last.
                if tag_name == "TP_udhi" and length == 1 then state.udhi = body(at + 4, 1):uint() ~= 0 end
                at = at + 4 + length
            end
            return at
        end
        if kind == "rest" then
            if left > 0 then tree:add(item, body(0)) end
            return left
        end
        if left == 0 and (kind == "reserve" or kind == "optional") then return 0 end
        if kind == "tail" then size = math.min(size, left) end
        if size > left then return nil end
        if size == 0 then return 0 end
        local range = body(0, size)
        if shape == "sequence" then
            for index, part in ipairs({ "node", "time", "serial" }) do
                tree:add(known[name .. "." .. part .. "/int"], range(index * 4 - 4, 4))
            end
        elseif shape == "text" then
            add_text(tree, item, range)
        elseif shape == "octets" then
            tree:add(item, range)
        else
            number(tree, item, shape, range)
            local value = size <= 4 and range:uint() or 0
            if field[ROLE] == "coding" or name == "msg_format" or name == "message_coding" then
                state.coding = value
            elseif field[ROLE] == "report" then
                state.report = value >= field[LEAST]
                state.kind = value
            elseif name == "tp_udhi" then
                state.udhi = value ~= 0
            end
        end
        return size
    end

    show_fields = function(tree, fields, layout, body, state)
        local at, length = 0, body:len()
        for _, field in ipairs(fields) do
            local rest = at < length and body(at):tvb() or ByteArray.new():tvb("end")
            local used = show(tree, field, layout, rest, state)
            if not used then return nil end
            at = at + used
        end
        return at
    end

    -- The content: a report, or text behind its user data header.
    local function show_content(tree, state)
        local content = state.content
        if not content then return end
        if state.report then
            local report = state.kind == 3 and protocol.reports.mo or protocol.reports.mt
            if report and content:len() >= 60 then
                local layout = content:len() >= 71 and #protocol.layouts or 1
                local inside = tree:add(known["report/group"], content)
                inside:set_text("report")
                show_fields(inside, report, layout, content:tvb(), {})
            end
            return
        end
        local skip = 0
        if state.udhi then skip = content(0, 1):uint() + 1 end
        if skip >= content:len() then return end
        local payload = content(skip)
        local encoding = ({ [0] = ENC_ASCII, [8] = ENC_UTF_16 + ENC_BIG_ENDIAN, [15] = ENC_GB18030 })[state.coding]
        if encoding then tree:add_packet_field(known["text/text"], payload, encoding) end
    end

    -- Layouts of connections, and of frames that were seen before (Wireshark reads a frame more than once).
    local talks, seen = {}, {}
    function proto.init() talks, seen = {}, {} end

    local function talk_of(pinfo)
        local one = tostring(pinfo.src) .. ":" .. pinfo.src_port
        local other = tostring(pinfo.dst) .. ":" .. pinfo.dst_port
        return one < other and one .. "-" .. other or other .. "-" .. one
    end

    local function layout_of(pinfo)
        local layout = seen[pinfo.number] or talks[talk_of(pinfo)] or proto.prefs.version or protocol.default
        seen[pinfo.number] = seen[pinfo.number] or layout
        return layout
    end

    local function layout_by_octet(octet)
        local found = 1
        for index, version in ipairs(protocol.octets) do
            if octet >= version then found = index end
        end
        return found
    end

    local function find(command, layout, body)
        if key == "sgip" and command == 0x0E and body:len() == 9 then command = 0x8000000E end
        local first
        for offset = 0, #protocol.layouts - 1 do
            -- The connection's layout, then the others from the oldest.
            local try = offset == 0 and layout or (offset <= layout - 1 and offset or offset + 1)
            for _, pdu in ipairs(protocol.pdus) do
                if pdu.command == command and pdu.has[try] then
                    if body:len() == 0 and pdu.empty then return pdu, try, true end
                    if fits(pdu.fields, try, body) then return pdu, try, false end
                    first = first or { pdu, try }
                end
            end
        end
        if first then return first[1], first[2], false end
    end

    local function frame(tvb, pinfo, tree)
        local length, command = tvb:len(), tvb(4, 4):uint()
        local body = length > protocol.header and tvb(protocol.header):tvb() or ByteArray.new():tvb("end")
        local pdu, layout, is_empty = find(command, layout_of(pinfo), body)
        local name = pdu and pdu.name or string.format("command 0x%08x", command)
        pinfo.cols.protocol = protocol.title
        local sub = tree:add(proto, tvb(), protocol.title .. ", " .. name)
        sub:add(known["pdu/text"], tvb(4, 4), name)
        sub:add(known["length/int"], tvb(0, 4))
        sub:add(known["command/int"], tvb(4, 4))
        if protocol.header == 20 then
            for index, part in ipairs({ "node", "time", "serial" }) do
                sub:add(known["sequence." .. part .. "/int"], tvb(4 + index * 4, 4))
            end
        else
            sub:add(known["sequence/int"], tvb(8, 4))
        end
        pinfo.cols.info:append(" " .. name)
        if not pdu then
            sub:add_proto_expert_info(unknown)
            return length
        end
        sub:add(known["layout/text"], tvb(4, 4), protocol.layouts[layout]):set_generated()
        if is_empty then
            sub:add(known["end_of_routes/flag"], tvb(0, 0), true)
            return length
        end
        local state = { coding = 0 }
        local used = show_fields(sub, pdu.fields, layout, body, state)
        if not used then
            sub:add_proto_expert_info(broken)
        else
            if used < body:len() then sub:add_proto_expert_info(trailing) end
            show_content(sub, state)
        end
        -- The version octet of a login.
        local at = protocol.login[command]
        if at and at < body:len() and not pinfo.visited then
            talks[talk_of(pinfo)] = layout_by_octet(body(at, 1):uint())
        end
        return length
    end

    local function frame_length(tvb, pinfo, offset)
        local length = tvb(offset, 4):uint()
        -- A wrong length loses the stream; what is left is shown as one frame.
        if length < protocol.header or length > protocol.limit then return tvb:len() - offset end
        return length
    end

    local function frames_or_broken(tvb, pinfo, tree)
        if tvb:len() < protocol.header then
            tree:add(proto, tvb()):add_proto_expert_info(broken)
            return tvb:len()
        end
        return frame(tvb, pinfo, tree)
    end

    function proto.dissector(tvb, pinfo, tree)
        pinfo.cols.info:clear()
        dissect_tcp_pdus(tvb, tree, 4, frame_length, frames_or_broken)
        return tvb:len()
    end

    local ports = DissectorTable.get("tcp.port")
    for _, port in ipairs(protocol.ports) do ports:add(port, proto) end
    -- On other ports a login tells the protocol: no two have logins of one length.
    proto:register_heuristic("tcp", function(tvb, pinfo, tree)
        if tvb:len() < 8 or tvb(0, 4):uint() ~= protocol.login_length or tvb(4, 4):uint() ~= 1 then return false end
        pinfo.conversation = proto
        proto.dissector(tvb, pinfo, tree)
        return true
    end)
end

for key, protocol in pairs(protocols) do setup(key, protocol) end
