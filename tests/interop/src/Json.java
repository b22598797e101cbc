import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Every property of a message as JSON: what a getter returns, octets as hexadecimal digits. */
final class Json {
    /** Properties that are objects of the library with nothing of the wire in them, or that fail on half a message. */
    private static final Set<String> LEFT_OUT =
            Set.of("class", "fragments", "smsMessage", "uniqueLongMsgId", "lifeTime", "packetType", "timestamp",
                    "requestId", "terminated", "srcIdAndDestId");

    private Json() {}

    static String of(Object message) {
        StringBuilder text = new StringBuilder("{\"event\":\"pdu\",\"class\":");
        quote(text, message.getClass().getSimpleName());
        text.append(",\"message\":");
        properties(text, message);
        List<?> fragments = fragments(message);
        text.append(",\"fragments\":[");
        if (fragments != null) {
            String between = "";
            for (Object fragment : fragments) {
                text.append(between);
                properties(text, fragment);
                between = ",";
            }
        }
        return text.append("]}").toString();
    }

    /** The other segments of a long message, which the library keeps at the first one. */
    static List<?> fragments(Object message) {
        try {
            return (List<?>) message.getClass().getMethod("getFragments").invoke(message);
        } catch (ReflectiveOperationException none) {
            return null;
        }
    }

    private static void properties(StringBuilder text, Object object) {
        Map<String, Object> found = new TreeMap<>();
        for (Method method : object.getClass().getMethods()) {
            String name = property(method);
            if (name == null || LEFT_OUT.contains(name)) {
                continue;
            }
            try {
                found.put(name, method.invoke(object));
            } catch (ReflectiveOperationException fails) {
                found.put(name, null);
            }
        }
        text.append('{');
        String between = "";
        for (Map.Entry<String, Object> entry : found.entrySet()) {
            text.append(between);
            quote(text, entry.getKey());
            text.append(':');
            value(text, entry.getValue());
            between = ",";
        }
        text.append('}');
    }

    private static String property(Method method) {
        String name = method.getName();
        int start = name.startsWith("get") ? 3 : name.startsWith("is") ? 2 : 0;
        if (start == 0 || name.length() == start || method.getParameterCount() > 0
                || Modifier.isStatic(method.getModifiers())) {
            return null;
        }
        return Character.toLowerCase(name.charAt(start)) + name.substring(start + 1);
    }

    private static void value(StringBuilder text, Object value) {
        if (value == null || value instanceof Boolean || value instanceof Number) {
            text.append(value);
        } else if (value instanceof byte[]) {
            text.append('"');
            for (byte octet : (byte[]) value) {
                text.append(String.format("%02x", octet & 0xff));
            }
            text.append('"');
        } else if (value.getClass().isArray()) {
            text.append('[');
            for (int at = 0; at < Array.getLength(value); at++) {
                text.append(at == 0 ? "" : ",");
                value(text, Array.get(value, at));
            }
            text.append(']');
        } else if (value.getClass().getName().startsWith("com.chinamobile.cmos.sms")) {
            coding(text, value);
        } else if (value.getClass().getName().startsWith("com.zx.sms.codec")
                && !value.getClass().getSimpleName().equals("MsgId")) {
            properties(text, value);
        } else {
            quote(text, value.toString());
        }
    }

    /** The octet of a coding. */
    private static void coding(StringBuilder text, Object coding) {
        try {
            text.append(coding.getClass().getMethod("getValue").invoke(coding));
        } catch (ReflectiveOperationException none) {
            quote(text, coding.toString());
        }
    }

    private static void quote(StringBuilder text, String string) {
        text.append('"');
        for (int at = 0; at < string.length(); at++) {
            char letter = string.charAt(at);
            if (letter < ' ' || letter == '"' || letter == '\\') {
                text.append(String.format("\\u%04x", (int) letter));
            } else {
                text.append(letter);
            }
        }
        text.append('"');
    }
}
