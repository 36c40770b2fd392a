namespace Registration.Store;

/// <summary>The store cannot be used; the message says why and what to do.</summary>
internal sealed class StoreException(string message, Exception? inner = null) : Exception(message, inner);
