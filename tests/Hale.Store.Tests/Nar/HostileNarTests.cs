using System.Text;
using Hale.Store.Nar;

namespace Hale.Store.Tests.Nar;

public sealed class HostileNarTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    public static TheoryData<string, string> Hostile => new()
    {
        { "nix-archive-1 ( type directory entry ( name b node F ) entry ( name a node F ) )", "comes after" },
        { "nix-archive-1 ( type directory entry ( name a node F ) entry ( name a node F ) )", "comes after" },
        { "nix-archive-1 ( type directory entry ( name . node F ) )", "no name" },
        { "nix-archive-1 ( type directory entry ( name .. node F ) )", "no name" },
        { "nix-archive-1 ( type directory entry ( name a/b node F ) )", "no name" },
        { "nix-archive-1 ( type directory entry ( name /etc/passwd node F ) )", "no name" },
        { "nix-archive-1 ( type directory entry ( name ~ node F ) )", "has 0 bytes" },
        { "nix-archive-1 ( type directory entry ( name a\0b node F ) )", "NUL" },
        { "nix-archive-1 ( type directory entry ( name \u00ff node F ) )", "UTF-8" },
        { $"nix-archive-1 ( type directory entry ( name {new string('a', 256)} node F ) )", "256 bytes" },
        { $"nix-archive-1 ( type symlink target {new string('a', 4096)} )", "4096 bytes" },
        { "nix-archive-1 ( type symlink target ~ )", "0 bytes" },
        { "nix-archive-1 ( type device )", "type \"device\"" },
        { "nix-archive-1 ( type regular mode 777 contents x )", "where \"contents\"" },
        { "nix-archive-1 ( type regular executable yes contents x )", "where \"\"" },
        { "nix-archive-1 ( type directory entry ( node F ) )", "where \"name\"" },
        { "nix-archive-2 ( type regular contents x )", "nix-archive-2" },
        { "nix-archive-1 F (", "follow its end" },
        { "nix-archive-1 ( type regular contents x", "truncated" },
        { "", "truncated" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public void A_hostile_archive_is_refused_with_its_reason(string words, string reason)
    {
        var error = Assert.Throws<InvalidDataException>(() => Unpack(Encode(words), 1_000_000));
        Assert.Contains(reason, error.Message);
        // Nothing was made but below the place it was told.
        Assert.All(Directory.GetFileSystemEntries(scratch.Root), path => Assert.Equal(scratch["out"], path));
    }

    [Fact]
    public void The_words_of_these_tests_make_a_good_archive_too() =>
        Assert.Equal(3, (Unpack(Encode("nix-archive-1 ( type directory entry ( name a node F ) entry ( name b node F ) )"), 1_000_000),
            Directory.GetFileSystemEntries(scratch["out"]).Length + 1).Item2);

    [Fact]
    public void Wrong_padding_is_refused()
    {
        var archive = Encode("nix-archive-1 F");
        archive[^17]++;
        Assert.Contains("padding", Assert.Throws<InvalidDataException>(() => Unpack(archive, 1_000_000)).Message);
    }

    [Fact]
    public void A_file_that_claims_to_be_huge_is_refused_before_anything_is_written()
    {
        foreach (var length in new[] { 2_000_000, long.MaxValue, -1 })
        {
            byte[] archive = [.. Encode("nix-archive-1 ( type regular contents"), .. BitConverter.GetBytes(length), .. new byte[64]];
            Assert.Contains("limit", Assert.Throws<InvalidDataException>(() => Unpack(archive, 1_000_000)).Message);
            Assert.False(File.Exists(scratch["out"]));
        }
    }

    [Fact]
    public void An_archive_past_its_limit_is_refused()
    {
        var archive = NarTests.Archive(SampleTree.In(scratch));
        Assert.Throws<InvalidDataException>(() => NarReader.Read(new MemoryStream(archive), null, archive.Length - 1));
        Assert.Equal(archive.Length, NarReader.Read(new MemoryStream(archive), null, archive.Length).Size);
    }

    [Fact]
    public void Folders_without_end_are_refused()
    {
        var words = new StringBuilder("nix-archive-1 ( type directory");
        for (var depth = 0; depth < 10_000; depth++)
            words.Append(" entry ( name a node ( type directory");
        Assert.Contains("deeper", Assert.Throws<InvalidDataException>(() => NarReader.Read(new MemoryStream(Encode(words.ToString())), null, 10_000_000)).Message);
    }

    [Fact]
    public void Mutations_are_refused_or_unpacked_to_what_they_say_and_nothing_else_is_touched()
    {
        var corpus = Path.Combine(Golden.SourceFolder(), "Corpus", "nar");
        var random = new Random(5);
        foreach (var file in Directory.GetFiles(corpus))
        {
            var good = File.ReadAllBytes(file);
            Assert.Equal(good.Length, NarReader.Read(new MemoryStream(good), null, good.Length).Size);
            for (var round = 0; round < 1_000; round++)
            {
                var bytes = Mutation.Of(good, random);
                try
                {
                    Unpack(bytes, 100_000);
                    // Our writer has one form for each tree; the only other one that readers take is an empty file without contents.
                    if (NarTests.Archive(scratch["out"]).Length == bytes.Length)
                        Assert.Equal(bytes, NarTests.Archive(scratch["out"]));
                }
                catch (InvalidDataException)
                {
                }

                Trees.Delete(scratch["out"]);
                Assert.Empty(Directory.GetFileSystemEntries(scratch.Root));
            }
        }
    }

    private NarDigest Unpack(byte[] archive, long limit) => NarUnpacker.Unpack(new MemoryStream(archive), scratch["out"], limit);

    /// <summary>Words to an archive: F is a small file, ~ the empty word. Characters are bytes, so that any byte can be said.</summary>
    private static byte[] Encode(string words)
    {
        var result = new List<byte>();
        foreach (var word in words.Replace("F", "( type regular contents x )", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var bytes = Encoding.Latin1.GetBytes(word == "~" ? "" : word);
            result.AddRange([.. BitConverter.GetBytes((long)bytes.Length), .. bytes, .. new byte[-bytes.Length & 7]]);
        }

        return [.. result];
    }
}
