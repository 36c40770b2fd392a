// Encrypts and decrypts one large file with Hale and with the age program; both read the same file and write to /dev/null,
// so that the disk is not what is measured. Runs take turns, so that a busy moment of the computer falls on both.
using System.Diagnostics;
using System.Security.Cryptography;
using Hale.Secrets;

var mebibytes = int.Parse(args.ElementAtOrDefault(0) ?? "512");
var rounds = int.Parse(args.ElementAtOrDefault(1) ?? "5");
var work = Directory.CreateTempSubdirectory("hale-bench-").FullName;
try
{
    var identity = AgeIdentity.Generate();
    identity.WriteKeyFile($"{work}/key", DateTimeOffset.UnixEpoch);
    using (var file = File.Create($"{work}/plain"))
        for (var i = 0; i < mebibytes; i++)
            file.Write(RandomNumberGenerator.GetBytes(1 << 20));
    Console.WriteLine($"{mebibytes} MiB, X25519");
    foreach (var armored in (bool[])[false, true])
    {
        var kind = armored ? " (armored)" : "";
        Compare(
            $"encrypt{kind}",
            () => Ours("plain", encrypt: true, armored),
            $"age -r {identity.Recipient} {(armored ? "-a" : "")} -o /dev/null {work}/plain");
        using (var plain = File.OpenRead($"{work}/plain"))
        using (var file = File.Create($"{work}/sealed"))
            Age.Encrypt(plain, file, [identity.Recipient], armored);
        Compare($"decrypt{kind}", () => Ours("sealed", encrypt: false, armored), $"age -d -i {work}/key -o /dev/null {work}/sealed");
    }

    var hundred = string.Concat(
        Enumerable.Range(0, 100).Select(number => $"secret_{number}: {Convert.ToHexString(RandomNumberGenerator.GetBytes(32))}\n"));
    var sops = SopsFile.Encrypt(
        System.Text.Encoding.UTF8.GetBytes(hundred), SopsFormat.Yaml, "x", new SopsRule([identity.Recipient]), DateTimeOffset.UnixEpoch);
    var opened = Enumerable.Range(0, rounds + 1).Select(
        _ => Time(() => SopsFile.Parse(sops.Text, SopsFormat.Yaml, "x").Decrypt([identity]).Dispose())).ToList();
    Console.WriteLine($"100 secrets of a sops file: {opened[0] * 1000:f1} ms at first, {Figure.Median(opened) * 1000:f1} ms warm");

    void Ours(string name, bool encrypt, bool armored)
    {
        using var input = new FileStream($"{work}/{name}", FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var output = new FileStream("/dev/null", FileMode.Open, FileAccess.Write, FileShare.Write, bufferSize: 0);
        if (encrypt)
            Age.Encrypt(input, output, [identity.Recipient], armored);
        else
            Age.Decrypt(input, output, [identity]);
    }
}
finally
{
    Directory.Delete(work, recursive: true);
}

void Compare(string name, Action ours, string theirs)
{
    var (mine, others) = (new List<double>(), new List<double>());
    for (var round = 0; round <= rounds; round++)
    {
        var (a, b) = (Time(ours), Time(() => Shell(theirs)));
        // The first round warms the caches and the compiler.
        if (round > 0)
        {
            mine.Add(a);
            others.Add(b);
        }
    }

    // At least 0.7 of its speed.
    new Figure($"age: {name} {mebibytes} MiB", mine) { GoalRatio = 1 / 0.7, Baseline = "age", BaselineRuns = others }.Print();
}

static double Time(Action action)
{
    var watch = Stopwatch.StartNew();
    action();
    return watch.Elapsed.TotalSeconds;
}

static void Shell(string command)
{
    using var process = Process.Start("sh", ["-c", command]);
    process.WaitForExit();
    if (process.ExitCode != 0)
        throw new InvalidOperationException($"{command}: exit {process.ExitCode}");
}
