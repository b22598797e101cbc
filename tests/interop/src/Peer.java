import com.zx.sms.codec.cmpp.msg.CmppDeliverRequestMessage;
import com.zx.sms.codec.cmpp.msg.CmppDeliverResponseMessage;
import com.zx.sms.codec.cmpp.msg.CmppReportRequestMessage;
import com.zx.sms.codec.cmpp.msg.CmppSubmitRequestMessage;
import com.zx.sms.codec.cmpp.msg.CmppSubmitResponseMessage;
import com.zx.sms.codec.sgip12.msg.SgipDeliverRequestMessage;
import com.zx.sms.codec.sgip12.msg.SgipDeliverResponseMessage;
import com.zx.sms.codec.sgip12.msg.SgipReportRequestMessage;
import com.zx.sms.codec.sgip12.msg.SgipReportResponseMessage;
import com.zx.sms.codec.sgip12.msg.SgipSubmitRequestMessage;
import com.zx.sms.codec.sgip12.msg.SgipSubmitResponseMessage;
import com.zx.sms.codec.smgp.msg.SMGPDeliverMessage;
import com.zx.sms.codec.smgp.msg.SMGPDeliverRespMessage;
import com.zx.sms.codec.smgp.msg.SMGPReportData;
import com.zx.sms.codec.smgp.msg.SMGPSubmitMessage;
import com.zx.sms.codec.smgp.msg.SMGPSubmitRespMessage;
import com.zx.sms.connect.manager.EndpointEntity;
import com.zx.sms.connect.manager.EndpointManager;
import com.zx.sms.connect.manager.cmpp.CMPPClientEndpointEntity;
import com.zx.sms.connect.manager.cmpp.CMPPEndpointEntity;
import com.zx.sms.connect.manager.cmpp.CMPPServerChildEndpointEntity;
import com.zx.sms.connect.manager.cmpp.CMPPServerEndpointEntity;
import com.zx.sms.connect.manager.sgip.SgipClientEndpointEntity;
import com.zx.sms.connect.manager.sgip.SgipEndpointEntity;
import com.zx.sms.connect.manager.sgip.SgipServerChildEndpointEntity;
import com.zx.sms.connect.manager.sgip.SgipServerEndpointEntity;
import com.zx.sms.connect.manager.smgp.SMGPClientEndpointEntity;
import com.zx.sms.connect.manager.smgp.SMGPEndpointEntity;
import com.zx.sms.connect.manager.smgp.SMGPServerChildEndpointEntity;
import com.zx.sms.connect.manager.smgp.SMGPServerEndpointEntity;
import com.zx.sms.handler.api.AbstractBusinessHandler;
import com.zx.sms.session.cmpp.SessionState;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One end of a conversation, played by sms-core: a gateway or an SP.
 *
 * <pre>Peer gateway|sp cmpp20|cmpp30|sgip12|smgp30 PORT ACCOUNT SECRET WINDOW</pre>
 *
 * It prints one JSON object a line for everything it reads, and takes commands from stdin, with tabs between the words:
 * <code>submit RECEIVER SENDER TEXT</code>, <code>deliver PHONE NUMBER TEXT</code>, <code>hold</code> (answer nothing
 * from now on), <code>release</code> (answer what was held, and everything again), <code>drop</code> (close the
 * connections), <code>quit</code>.
 */
public final class Peer {
    private final boolean gateway;
    private final String dialect;
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final Queue<Runnable> held = new ConcurrentLinkedQueue<>();
    private volatile boolean holding;
    private volatile Channel channel;

    private Peer(boolean gateway, String dialect) {
        this.gateway = gateway;
        this.dialect = dialect;
    }

    public static void main(String[] words) throws Exception {
        Peer peer = new Peer(words[0].equals("gateway"), words[1]);
        peer.open(Integer.parseInt(words[2]), words[3], words[4], Integer.parseInt(words[5]));
        peer.obey();
        System.exit(0);
    }

    private void open(int port, String account, String secret, int window) throws Exception {
        EndpointEntity entity = gateway ? server(account, secret, window) : client(account, secret);
        entity.setId("peer");
        entity.setHost("127.0.0.1");
        entity.setPort(port);
        entity.setValid(true);
        if (!gateway) {
            setUp(entity, window);
        }
        EndpointManager.INS.addEndpointEntity(entity);
        EndpointManager.INS.openAll();
        if (!gateway) {
            EndpointManager.INS.startConnectionCheckTask();
        }
        out.println("{\"event\":\"open\"}");
    }

    private EndpointEntity server(String account, String secret, int window) {
        if (dialect.startsWith("cmpp")) {
            CMPPServerChildEndpointEntity child = new CMPPServerChildEndpointEntity();
            name(child, account, secret);
            setUp(child, window);
            CMPPServerEndpointEntity server = new CMPPServerEndpointEntity();
            server.addchild(child);
            return server;
        }
        if (dialect.startsWith("sgip")) {
            SgipServerChildEndpointEntity child = new SgipServerChildEndpointEntity();
            name(child, account, secret);
            setUp(child, window);
            SgipServerEndpointEntity server = new SgipServerEndpointEntity();
            server.addchild(child);
            return server;
        }
        SMGPServerChildEndpointEntity child = new SMGPServerChildEndpointEntity();
        name(child, account, secret);
        setUp(child, window);
        SMGPServerEndpointEntity server = new SMGPServerEndpointEntity();
        server.addchild(child);
        return server;
    }

    private EndpointEntity client(String account, String secret) {
        if (dialect.startsWith("cmpp")) {
            CMPPClientEndpointEntity client = new CMPPClientEndpointEntity();
            name(client, account, secret);
            return client;
        }
        if (dialect.startsWith("sgip")) {
            SgipClientEndpointEntity client = new SgipClientEndpointEntity();
            name(client, account, secret);
            return client;
        }
        SMGPClientEndpointEntity client = new SMGPClientEndpointEntity();
        name(client, account, secret);
        return client;
    }

    private void name(CMPPEndpointEntity entity, String account, String secret) {
        entity.setGroupName("interop");
        entity.setUserName(account);
        entity.setPassword(secret);
        entity.setVersion((short) (dialect.endsWith("30") ? 0x30 : 0x20));
        // The text coding of what it sends when the characters need one: UCS2 by default.
        entity.setChartset(StandardCharsets.UTF_8);
    }

    private void name(SgipEndpointEntity entity, String account, String secret) {
        entity.setLoginName(account);
        entity.setLoginPassowrd(secret);
        entity.setNodeId(3037112345L);
    }

    private void name(SMGPEndpointEntity entity, String account, String secret) {
        entity.setClientID(account);
        entity.setPassword(secret);
        entity.setClientVersion((byte) 0x30);
    }

    private void setUp(EndpointEntity entity, int window) {
        if (entity.getId() == null) {
            entity.setId("child");
        }
        entity.setValid(true);
        entity.setChannelType(EndpointEntity.ChannelType.DUPLEX);
        // An SP would open further ones by and by, and the window counts for each.
        entity.setMaxChannels((short) (gateway ? 4 : 1));
        entity.setWindow(window);
        entity.setIdleTimeSec((short) (dialect.startsWith("sgip") ? 20 : 1));
        entity.setRetryWaitTimeSec((short) 10);
        entity.setMaxRetryCnt((short) 3);
        entity.setReSendFailMsg(false);
        entity.setSupportLongmsg(EndpointEntity.SupportLongMessage.BOTH);
        entity.setBusinessHandlerSet(List.of(new Listener()));
    }

    private void obey() throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.equals("quit"); line = in.readLine()) {
            String[] words = line.split("\t");
            switch (words[0]) {
                case "submit":
                    channel.writeAndFlush(submit(words[1], words[2], words[3]));
                    break;
                case "deliver":
                    channel.writeAndFlush(deliver(words[1], words[2], words[3]));
                    break;
                case "hold":
                    holding = true;
                    break;
                case "release":
                    holding = false;
                    for (Runnable answer = held.poll(); answer != null; answer = held.poll()) {
                        answer.run();
                    }
                    break;
                case "drop":
                    channel.close();
                    break;
                default:
                    throw new IllegalArgumentException(line);
            }
        }
        EndpointManager.INS.stopConnectionCheckTask();
        EndpointManager.INS.close();
    }

    private Object submit(String receiver, String sender, String text) {
        if (dialect.startsWith("cmpp")) {
            CmppSubmitRequestMessage submit = CmppSubmitRequestMessage.create(receiver, sender, text);
            submit.setRegisteredDelivery((short) 1);
            submit.setMsgsrc("901234");
            submit.setServiceId("HELP");
            submit.setFeeType("01");
            submit.setFeeCode("000010");
            return submit;
        }
        if (dialect.startsWith("sgip")) {
            SgipSubmitRequestMessage submit = new SgipSubmitRequestMessage();
            submit.setSpnumber(sender);
            submit.setUsernumber(receiver);
            submit.setCorpid("12345");
            submit.setServicetype("HELP");
            submit.setReportflag((short) 1);
            submit.setMsgContent(text);
            return submit;
        }
        SMGPSubmitMessage submit = new SMGPSubmitMessage();
        submit.setSrcTermId(sender);
        submit.setDestTermIdArray(receiver);
        submit.setNeedReport(true);
        submit.setServiceId("HELP");
        submit.setMsgSrc("901234");
        submit.setMsgContent(text);
        return submit;
    }

    private Object deliver(String phone, String number, String text) {
        if (dialect.startsWith("cmpp")) {
            CmppDeliverRequestMessage deliver = new CmppDeliverRequestMessage();
            deliver.setSrcterminalId(phone);
            deliver.setDestId(number);
            deliver.setServiceid("HELP");
            deliver.setMsgContent(text);
            return deliver;
        }
        if (dialect.startsWith("sgip")) {
            SgipDeliverRequestMessage deliver = new SgipDeliverRequestMessage();
            deliver.setUsernumber(phone);
            deliver.setSpnumber(number);
            deliver.setMsgContent(text);
            return deliver;
        }
        SMGPDeliverMessage deliver = new SMGPDeliverMessage();
        deliver.setSrcTermId(phone);
        deliver.setDestTermId(number);
        deliver.setMsgContent(text);
        return deliver;
    }

    /** Prints what comes, and answers requests. */
    @Sharable
    private final class Listener extends AbstractBusinessHandler {
        @Override
        public String name() {
            return "Peer";
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
            if (event == SessionState.Connect) {
                channel = context.channel();
                out.println("{\"event\":\"online\"}");
            }
            context.fireUserEventTriggered(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) throws Exception {
            out.println("{\"event\":\"offline\"}");
            context.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable why) {
            why.printStackTrace();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            out.println(Json.of(message));
            Runnable answer = () -> answer(context.channel(), message);
            if (holding) {
                held.add(answer);
            } else {
                answer.run();
            }
        }
    }

    /** Answers a request and all its fragments; what asked for a report gets one for every fragment. */
    private void answer(Channel to, Object message) {
        List<Object> reports = new ArrayList<>();
        for (Object part : parts(message)) {
            Object answer = answerTo(part, reports);
            if (answer != null) {
                to.writeAndFlush(answer);
            }
        }
        reports.forEach(to::writeAndFlush);
    }

    private static List<Object> parts(Object message) {
        List<Object> parts = new ArrayList<>();
        parts.add(message);
        List<?> more = Json.fragments(message);
        if (more != null) {
            parts.addAll(more);
        }
        return parts;
    }

    private Object answerTo(Object message, List<Object> reports) {
        if (message instanceof CmppSubmitRequestMessage) {
            CmppSubmitRequestMessage submit = (CmppSubmitRequestMessage) message;
            CmppSubmitResponseMessage answer = new CmppSubmitResponseMessage(submit.getHeader().getSequenceId());
            answer.setResult(0);
            if (submit.getRegisteredDelivery() == 1) {
                CmppReportRequestMessage report = new CmppReportRequestMessage();
                report.setMsgId(answer.getMsgId());
                report.setStat("DELIVRD");
                report.setSubmitTime("2611220101");
                report.setDoneTime("2611220102");
                report.setDestterminalId(submit.getDestterminalId()[0]);
                report.setSmscSequence(7);
                CmppDeliverRequestMessage deliver = new CmppDeliverRequestMessage();
                deliver.setSrcterminalId(submit.getDestterminalId()[0]);
                deliver.setDestId(submit.getSrcId());
                deliver.setReportRequestMessage(report);
                reports.add(deliver);
            }
            return answer;
        }
        if (message instanceof CmppDeliverRequestMessage) {
            CmppDeliverRequestMessage deliver = (CmppDeliverRequestMessage) message;
            CmppDeliverResponseMessage answer = new CmppDeliverResponseMessage(deliver.getHeader().getSequenceId());
            answer.setMsgId(deliver.getMsgId());
            answer.setResult(0);
            return answer;
        }
        if (message instanceof SgipSubmitRequestMessage) {
            SgipSubmitRequestMessage submit = (SgipSubmitRequestMessage) message;
            SgipSubmitResponseMessage answer = new SgipSubmitResponseMessage(submit.getHeader());
            answer.setTimestamp(submit.getTimestamp());
            answer.setResult((short) 0);
            if (submit.getReportflag() == 1) {
                SgipReportRequestMessage report = new SgipReportRequestMessage();
                report.setSequenceId(submit.getSequenceNumber());
                report.setUsernumber(submit.getUsernumber()[0]);
                reports.add(report);
            }
            return answer;
        }
        if (message instanceof SgipDeliverRequestMessage) {
            SgipDeliverRequestMessage deliver = (SgipDeliverRequestMessage) message;
            SgipDeliverResponseMessage answer = new SgipDeliverResponseMessage(deliver.getHeader());
            answer.setTimestamp(deliver.getTimestamp());
            answer.setResult((short) 0);
            return answer;
        }
        if (message instanceof SgipReportRequestMessage) {
            SgipReportRequestMessage report = (SgipReportRequestMessage) message;
            SgipReportResponseMessage answer = new SgipReportResponseMessage(report.getHeader());
            answer.setTimestamp(report.getTimestamp());
            answer.setResult((short) 0);
            return answer;
        }
        if (message instanceof SMGPSubmitMessage) {
            SMGPSubmitMessage submit = (SMGPSubmitMessage) message;
            SMGPSubmitRespMessage answer = new SMGPSubmitRespMessage();
            answer.setSequenceNo(submit.getSequenceNo());
            answer.setStatus(0);
            if (submit.isNeedReport()) {
                SMGPReportData report = new SMGPReportData();
                report.setMsgId(answer.getMsgId());
                report.setSub("001");
                report.setDlvrd("001");
                report.setSubTime("2611220101");
                report.setDoneTime("2611220102");
                report.setStat("DELIVRD");
                report.setErr("000");
                report.setTxt("");
                SMGPDeliverMessage deliver = new SMGPDeliverMessage();
                deliver.setSrcTermId(submit.getDestTermIdArray()[0]);
                deliver.setDestTermId(submit.getSrcTermId());
                deliver.setReport(report);
                reports.add(deliver);
            }
            return answer;
        }
        if (message instanceof SMGPDeliverMessage) {
            SMGPDeliverMessage deliver = (SMGPDeliverMessage) message;
            SMGPDeliverRespMessage answer = new SMGPDeliverRespMessage();
            answer.setSequenceNo(deliver.getSequenceNo());
            answer.setMsgId(deliver.getMsgId());
            answer.setStatus(0);
            return answer;
        }
        return null;
    }
}
