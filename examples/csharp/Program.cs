// A tiny claims computer (レセコン): asks by number through the exchange folder, and reads the file of the next card tap.
//
//   dotnet run --project examples/csharp FOLDER
using System.Text;
using System.Xml;
using System.Xml.Linq;

const int WaitSeconds = 60;
string folder = args[0];
Console.OutputEncoding = Encoding.UTF8;
Encoding.RegisterProvider(CodePagesEncodingProvider.Instance); // results may be in Shift_JIS
Show("number", await WaitFor(Path.Combine(folder, "res"), Ask()));
Show("face", await WaitFor(Path.Combine(folder, "face"), "OQSsiquc01res_face_*.xml"));

// Drops a request; the name of its result. Written under another name, it is never read in part.
string Ask()
{
    DateTimeOffset now = DateTimeOffset.UtcNow.ToOffset(TimeSpan.FromHours(9));
    string name = now.ToString("yyyyMMddHHmmssfff");
    var request = new XElement("XmlMsg",
        new XElement("MessageHeader",
            new XElement("QualificationConfirmationDate", now.ToString("yyyyMMdd")),
            new XElement("MedicalInstitutionCode", "1311111114"),
            new XElement("ArbitraryFileIdentifier", name)),
        new XElement("MessageBody",
            new XElement("QualificationConfirmSearchInfo",
                new XElement("InsurerNumber", "01130012"),
                new XElement("InsuredCardSymbol", "架空"),
                new XElement("InsuredIdentificationNumber", "7701"),
                new XElement("InsuredBranchNumber", "00"),
                new XElement("Birthdate", "19850615"),
                new XElement("LimitApplicationCertificateRelatedConsFlg", "0"))));
    string part = Path.Combine(folder, "req", name + ".part");
    new XDocument(new XDeclaration("1.0", "UTF-8", "no"), request).Save(part);
    File.Move(part, Path.Combine(folder, "req", $"OQSsiquc01req_{name}.xml"));
    return $"OQSsiquc01res_{name}.xml";
}

// The first file of this pattern, once there is one.
async Task<string> WaitFor(string where, string pattern)
{
    for (int tries = WaitSeconds * 10; tries > 0; tries--)
    {
        if (Directory.GetFiles(where, pattern).Order().FirstOrDefault() is string file) return file;
        await Task.Delay(100);
    }
    throw new TimeoutException($"no {pattern} after {WaitSeconds} s");
}

// Prints validity and name, and deletes the file. Nothing that the file refers to is opened.
void Show(string kind, string file)
{
    XDocument message;
    using (XmlReader reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null }))
    {
        message = XDocument.Load(reader);
    }
    File.Delete(file);
    string? TextOf(string name) => message.Descendants(name).FirstOrDefault()?.Value is { Length: > 0 } text ? text : null;
    string validity = TextOf("QualificationValidity")
        ?? throw new InvalidOperationException($"{kind}: {TextOf("ErrorMessage") ?? "no answer"}");
    Console.WriteLine($"{kind} {validity} {TextOf("Name") ?? "-"}");
}
