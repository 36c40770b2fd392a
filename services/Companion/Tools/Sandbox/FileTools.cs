using System.Text;
using System.Text.Json;

namespace Companion.Tools.Sandbox;

/// <summary>fs_read, fs_write and fs_list, in the sandbox.</summary>
internal sealed class FileTools(SandboxFolder sandbox)
{
    private const int MostBytes = 1 << 20;
    private const int MostEntries = 200;
    private const int MostLooked = 20_000;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IReadOnlyList<ToolDescription> Descriptions { get; } =
    [
        Describe("fs_list", "Lists a folder: one entry a line, folders with a / at the end, links with an @.",
            """{"path": {"type": "string", "description": "relative to the top folder, which is \".\""}}""", "path"),
        Describe("fs_read", "Reads a text file (UTF-8, 1 MiB at most).",
            """{"path": {"type": "string", "description": "relative to the top folder"}}""", "path"),
        Describe("fs_write", "Writes a text file (1 MiB at most), in place of what it held before; missing folders are made.",
            """{"path": {"type": "string", "description": "relative to the top folder"}, "content": {"type": "string"}}""", "path", "content"),
    ];

    public static bool Has(string name) => Descriptions.Any(tool => tool.Name == name);

    public ToolResult Run(string name, IReadOnlyDictionary<string, JsonElement> input)
    {
        string Text(string key) => input.TryGetValue(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new ArgumentException($"\"{key}\" must be a string.");
        try
        {
            return name switch
            {
                "fs_list" => List(Text("path")),
                "fs_read" => Read(Text("path")),
                "fs_write" => Write(Text("path"), Text("content")),
                _ => ToolResult.Error($"There is no tool {name}."),
            };
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return ToolResult.Error(error.Message);
        }
    }

    private ToolResult Read(string path)
    {
        using var stream = PlainFile(sandbox.OpenFile(path), path, FileAccess.Read);
        if (stream.Length > MostBytes)
            return ToolResult.Error($"{path} has {stream.Length} bytes; {MostBytes} can be read.");
        // One byte more than may be there, for the file may grow meanwhile.
        var bytes = new byte[MostBytes + 1];
        var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (count > MostBytes)
            return ToolResult.Error($"{path} has more than {MostBytes} bytes.");
        try
        {
            return new ToolResult(Utf8.GetString(bytes, 0, count));
        }
        catch (DecoderFallbackException)
        {
            return ToolResult.Error($"{path} is not a text file in UTF-8.");
        }
    }

    private ToolResult Write(string path, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        if (bytes.Length > MostBytes)
            return ToolResult.Error($"The content has {bytes.Length} bytes; {MostBytes} can be written.");
        using var stream = PlainFile(sandbox.CreateFile(path), path, FileAccess.Write);
        stream.SetLength(0);
        stream.Write(bytes);
        return new ToolResult($"{bytes.Length} bytes written to {path}.");
    }

    private ToolResult List(string path)
    {
        using var folder = sandbox.OpenFolder(path);
        var entries = new DirectoryInfo(SandboxFolder.PathOf(folder)).EnumerateFileSystemInfos().Take(MostLooked)
            .Select(entry => entry.LinkTarget is not null ? $"{entry.Name}@" : entry is DirectoryInfo ? $"{entry.Name}/" : entry.Name)
            .Order(StringComparer.Ordinal).ToList();
        var shown = string.Join('\n', entries.Take(MostEntries));
        return new ToolResult(entries.Count switch
        {
            0 => "(empty)",
            <= MostEntries => shown,
            _ => $"{shown}\n(the first {MostEntries} of {(entries.Count == MostLooked ? "at least " : "")}{entries.Count})",
        });
    }

    // A pipe or a device would block, or worse: what cannot be measured is not a file.
    private static FileStream PlainFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path, FileAccess access)
    {
        try
        {
            if (File.GetAttributes(handle).HasFlag(FileAttributes.Directory))
                throw new IOException($"{path} is a folder.");
            var stream = new FileStream(handle, access, bufferSize: 0);
            if (stream.CanSeek)
                return stream;
            stream.Dispose();
        }
        catch
        {
            handle.Dispose();
            throw;
        }
        throw new IOException($"{path} is not a plain file.");
    }

    private static ToolDescription Describe(string name, string description, string properties, params string[] required)
    {
        var schema = $$"""{"type": "object", "properties": {{properties}}, "required": {{JsonSerializer.Serialize(required)}}}""";
        return new ToolDescription(name, description, JsonDocument.Parse(schema).RootElement);
    }
}
