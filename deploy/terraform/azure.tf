# Optional: the service connection (create_service_connection) and the server (create_server).

resource "azuredevops_serviceendpoint_azurerm" "subscription" {
  count                                  = var.create_service_connection ? 1 : 0
  project_id                             = azuredevops_project.migration.id
  service_endpoint_name                  = "database-migration"
  description                            = "Microsoft Entra tokens for the databases"
  service_endpoint_authentication_scheme = "ServicePrincipal"
  azurerm_spn_tenantid                   = var.azure_tenant_id
  azurerm_subscription_id                = var.azure_subscription_id
  azurerm_subscription_name              = var.azure_subscription_name

  credentials {
    serviceprincipalid  = var.azure_service_principal_id
    serviceprincipalkey = var.azure_service_principal_key
  }
}

resource "azuredevops_pipeline_authorization" "service_connection" {
  count       = var.create_service_connection ? 1 : 0
  project_id  = azuredevops_project.migration.id
  resource_id = azuredevops_serviceendpoint_azurerm.subscription[0].id
  type        = "endpoint"
  pipeline_id = azuredevops_build_definition.migration.id
}

resource "azurerm_postgresql_flexible_server" "main" {
  count                        = var.create_server ? 1 : 0
  name                         = var.server_name
  resource_group_name          = var.resource_group_name
  location                     = var.location
  version                      = var.postgresql_version
  administrator_login          = var.db_username
  administrator_password       = var.db_password
  sku_name                     = var.server_sku
  storage_mb                   = 32768
  backup_retention_days        = 14
  geo_redundant_backup_enabled = false

  authentication {
    password_auth_enabled         = true
    active_directory_auth_enabled = var.entra_administrator != null
    tenant_id                     = var.entra_administrator == null ? null : var.azure_tenant_id
  }

  lifecycle {
    ignore_changes  = [zone]
    prevent_destroy = true
  }
}

resource "azurerm_postgresql_flexible_server_database" "main" {
  count     = var.create_server ? 1 : 0
  name      = var.db_name
  server_id = azurerm_postgresql_flexible_server.main[0].id
  charset   = "UTF8"
  collation = "en_US.utf8"

  lifecycle {
    prevent_destroy = true
  }
}

# 0.0.0.0 stands for Azure's own services, Microsoft-hosted agents among them.
resource "azurerm_postgresql_flexible_server_firewall_rule" "azure_services" {
  count            = var.create_server ? 1 : 0
  name             = "azure-services"
  server_id        = azurerm_postgresql_flexible_server.main[0].id
  start_ip_address = "0.0.0.0"
  end_ip_address   = "0.0.0.0"
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "main" {
  count               = var.create_server && var.entra_administrator != null ? 1 : 0
  server_name         = azurerm_postgresql_flexible_server.main[0].name
  resource_group_name = var.resource_group_name
  tenant_id           = var.azure_tenant_id
  object_id           = var.entra_administrator.object_id
  principal_name      = var.entra_administrator.principal_name
  principal_type      = var.entra_administrator.principal_type
}
