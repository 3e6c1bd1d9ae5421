import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jsmpp.bean.OptionalParameter;
import org.jsmpp.bean.SubmitSm;
import org.jsmpp.examples.SMPPServerSimulator;
import org.jsmpp.extra.ProcessRequestException;
import org.jsmpp.session.SMPPServerSession;
import org.jsmpp.session.SubmitSmResult;

/**
 * jSMPP's own simulator, which writes to a log what it took as if all texts were of one alphabet: this tells it as JSON, one line a
 * submit_sm, decoded by the alphabets of a third party (telecom-charsets). Everything that is spoken on the wire is jSMPP's.
 *
 * java -cp 'jars/*' TellingSimulator.java PORT SYSTEM-ID PASSWORD plain|tls
 *
 * tls: with the key of keystore.p12 in the working directory, whose password is `password`.
 */
public class TellingSimulator extends SMPPServerSimulator {
    private static final Charset GSM = Charset.forName("X-GSM7BIT");

    public static void main(String[] args) {
        new TellingSimulator("tls".equals(args[3]), Integer.parseInt(args[0]), args[1], args[2]).run();
    }

    private TellingSimulator(boolean isTls, int port, String systemId, String password) {
        super(isTls, port, systemId, password);
    }

    @Override
    public SubmitSmResult onAcceptSubmitSm(SubmitSm submit, SMPPServerSession session) throws ProcessRequestException {
        SubmitSmResult result = super.onAcceptSubmitSm(submit, session);
        byte[] message = messageOf(submit);
        int header = submit.isUdhi() ? 1 + message[0] : 0;
        byte[] body = Arrays.copyOfRange(message, header, message.length);
        String line = "{\"event\":\"submit\",\"source\":" + quoted(submit.getSourceAddr())
            + ",\"source_type\":\"" + submit.getSourceAddrTon() + "/" + submit.getSourceAddrNpi() + "\""
            + ",\"destination\":" + quoted(submit.getDestAddress())
            + ",\"data_coding\":" + submit.getDataCoding()
            + ",\"esm_class\":" + submit.getEsmClass()
            + ",\"priority\":" + submit.getPriorityFlag()
            + ",\"validity_period\":" + quoted(submit.getValidityPeriod())
            + ",\"udh\":\"" + hex(Arrays.copyOf(message, header)) + "\""
            + ",\"text\":" + quoted(decoded(submit.getDataCoding(), body))
            + ",\"message_id\":" + quoted(result.getMessageId()) + "}";
        synchronized (System.out) {
            System.out.println(line);
        }
        return result;
    }

    private static byte[] messageOf(SubmitSm submit) {
        OptionalParameter payload = submit.getOptionalParameter(OptionalParameter.Tag.MESSAGE_PAYLOAD);
        return payload == null ? submit.getShortMessage() : ((OptionalParameter.OctetString) payload).getValue();
    }

    private static String decoded(byte dataCoding, byte[] body) {
        switch (dataCoding) {
            case 0: return new String(body, GSM);
            case 8: return new String(body, StandardCharsets.UTF_16BE);
            default: return "data_coding " + dataCoding;
        }
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte octet : bytes) text.append(String.format("%02x", octet));
        return text.toString();
    }

    /** As JSON, in ASCII. */
    private static String quoted(String text) {
        if (text == null) return "null";
        StringBuilder quoted = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            if (unit == '"' || unit == '\\') quoted.append('\\').append(unit);
            else if (unit < 0x20 || unit > 0x7e) quoted.append(String.format("\\u%04x", (int) unit));
            else quoted.append(unit);
        }
        return quoted.append('"').toString();
    }
}
