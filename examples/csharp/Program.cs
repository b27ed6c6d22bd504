// A tiny claims computer (レセコン): asks by number through the exchange folder, and reads the file of the next card tap.
//
//   dotnet run --project examples/csharp FOLDER
//
// C# 7 and what all of .NET has: .NET Framework 4.8 and Mono compile it too.
using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Xml;
using System.Xml.Linq;

static class ClaimsComputer
{
    const int WaitSeconds = 60;

    static void Main(string[] arguments)
    {
        string folder = arguments[0];
        Console.OutputEncoding = new UTF8Encoding(false);
#if NETCOREAPP
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance); // results may be in Shift_JIS, which the others have
#endif
        Show("number", WaitFor(Path.Combine(folder, "res"), Ask(folder)));
        Show("face", WaitFor(Path.Combine(folder, "face"), "OQSsiquc01res_face_*.xml"));
    }

    // Drops a request; the name of its result. Written under another name, it is never read in part.
    static string Ask(string folder)
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
    static string WaitFor(string folder, string pattern)
    {
        for (int tries = WaitSeconds * 10; tries > 0; tries--)
        {
            string file = Directory.GetFiles(folder, pattern).OrderBy(path => path, StringComparer.Ordinal).FirstOrDefault();
            if (file != null) return file;
            Thread.Sleep(100);
        }
        throw new TimeoutException($"no {pattern} after {WaitSeconds} s");
    }

    // Prints validity and name, and deletes the file. Nothing that the file refers to is opened.
    static void Show(string kind, string file)
    {
        XDocument message;
        using (XmlReader reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null }))
        {
            message = XDocument.Load(reader);
        }
        File.Delete(file);
        string validity = TextOf(message, "QualificationValidity");
        if (validity == null) throw new InvalidOperationException($"{kind}: {TextOf(message, "ErrorMessage") ?? "no answer"}");
        Console.WriteLine($"{kind} {validity} {TextOf(message, "Name") ?? "-"}");
    }

    // The text of the first element of this name, wherever it is; null if it is absent or empty.
    static string TextOf(XDocument message, string name)
    {
        string text = message.Descendants(name).Select(element => element.Value).FirstOrDefault();
        return string.IsNullOrEmpty(text) ? null : text;
    }
}
